#include "io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/input_file.h"

namespace foresight {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// A name that no other writer uses; readers of the folder see that it is unfinished.
std::filesystem::path temporary_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  return folder_of(path) /
         fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), counter++);
}

}  // namespace

void flush_to_disk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("{}: cannot open: {}", display_path(path), std::strerror(errno));
  const int problem = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some network file systems cannot flush a folder and say so with EINVAL.
  if (problem != 0 && problem != EINVAL) {
    fail("{}: cannot flush: {}", display_path(path), std::strerror(problem));
  }
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_.filename().empty()) fail("{}: expected the name of a file", display_path(path_));
  do {
    temporary_ = temporary_name(path_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);  // left by a killed process of the same number
  if (descriptor_ < 0) fail_here("write");
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::fail_here(std::string_view action) {
  const int problem = errno;
  if (descriptor_ < 0) temporary_.clear();  // it was never made
  discard();
  fail("{}: cannot {}: {}", display_path(path_), action, std::strerror(problem));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  FS_CHECK(descriptor_ >= 0, "{} is finished", path_.string());
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_here("write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  FS_CHECK(descriptor_ >= 0, "{} is finished", path_.string());
  if (::fsync(descriptor_) != 0) fail_here("flush");
  // close() reports what a network file system could not write; the number is free all the same.
  const bool is_closed = ::close(descriptor_) == 0;
  descriptor_ = -1;
  if (!is_closed || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int problem = errno;
    discard();
    fail("{}: cannot write: {}", display_path(path_), std::strerror(problem));
  }
  temporary_.clear();
  flush_to_disk(folder_of(path_));  // the rename itself lasts only then
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace foresight
