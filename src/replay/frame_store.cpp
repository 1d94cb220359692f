#include "replay/frame_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

[[noreturn]] void fail_with(const std::filesystem::path& path, const char* what, int error) {
  fail("{}: {}: {}", path.string(), what, std::strerror(error));
}

std::filesystem::path make_temporary_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "foresight-frames-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_with(name, "cannot make this folder", errno);
  return name;
}

void write_all(int descriptor, std::span<const std::uint8_t> bytes, std::int64_t at,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_with(path, "cannot write pictures", written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    at += written;
  }
}

}  // namespace

FrameStore::FrameStore(std::int64_t frame_bytes, std::int64_t segment_bytes)
    : frame_bytes_(frame_bytes),
      frames_per_segment_(std::max<std::int64_t>(1, segment_bytes / frame_bytes)) {
  FS_CHECK(frame_bytes > 0, "pictures of {} bytes", frame_bytes);
}

FrameStore::~FrameStore() {
  close_all();
  if (!is_temporary_) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void FrameStore::close_all() {
  for (const auto& [first, segment] : segments_) ::close(segment.descriptor);
  segments_.clear();
}

std::filesystem::path FrameStore::path_of(std::int64_t first) const {
  return folder_ / fmt::format("frames-{:012}.u8", first);
}

int FrameStore::open_segment(std::int64_t first, bool is_new) const {
  const auto path = path_of(first);
  const int flags = O_RDWR | O_CLOEXEC | (is_new ? O_CREAT | O_TRUNC : 0);
  const int descriptor = ::open(path.c_str(), flags, 0666);
  if (descriptor < 0) fail_with(path, "cannot open the pictures of the replay", errno);
  return descriptor;
}

void FrameStore::keep_in(const std::filesystem::path& folder) {
  if (folder == folder_) return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("{}: cannot make this folder: {}", folder.string(), error.message());
  const auto earlier = folder_;
  const bool was_temporary = is_temporary_;
  auto segments = std::move(segments_);
  segments_.clear();
  folder_ = folder;
  is_temporary_ = false;
  std::vector<std::uint8_t> bytes;
  for (const auto& [first, segment] : segments) {
    bytes.resize(static_cast<std::size_t>(segment.count * frame_bytes_));
    const ssize_t got = ::pread(segment.descriptor, bytes.data(), bytes.size(), 0);
    ::close(segment.descriptor);
    if (got != std::ssize(bytes)) fail_with(earlier, "cannot read pictures", got < 0 ? errno : EIO);
    const int descriptor = open_segment(first, /*is_new=*/true);
    segments_[first] = {segment.count, descriptor};
    write_all(descriptor, bytes, 0, path_of(first));
  }
  if (was_temporary) std::filesystem::remove_all(earlier, error);
}

void FrameStore::open(const std::filesystem::path& folder, std::int64_t first, std::int64_t next) {
  close_all();
  if (is_temporary_) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  folder_ = folder;
  is_temporary_ = false;
  next_ = next;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::vector<std::int64_t> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::int64_t number = 0;
    if (std::sscanf(name.c_str(), "frames-%12ld.u8", &number) == 1) found.push_back(number);
  }
  std::ranges::sort(found);
  std::int64_t covered = first;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::int64_t begin = found[i];
    if (begin >= next) {
      std::filesystem::remove(path_of(begin), error);
      continue;
    }
    const std::int64_t end = i + 1 < found.size() ? std::min(found[i + 1], next) : next;
    const int descriptor = open_segment(begin, /*is_new=*/false);
    segments_[begin] = {end - begin, descriptor};
    const auto bytes = static_cast<std::uintmax_t>((end - begin) * frame_bytes_);
    if (std::filesystem::file_size(path_of(begin)) < bytes) {
      fail("{}: pictures {} to {} should be here, {} bytes of them, but the file has {}",
           path_of(begin).string(), begin, end - 1, bytes,
           std::filesystem::file_size(path_of(begin)));
    }
    if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) {
      fail_with(path_of(begin), "cannot cut the file", errno);
    }
    if (begin <= covered) covered = std::max(covered, end);
  }
  if (covered < next) {
    fail("{}: pictures {} to {} of the replay are missing", folder.string(), covered, next - 1);
  }
}

void FrameStore::append(std::span<const std::uint8_t> frames) {
  FS_CHECK(std::ssize(frames) % frame_bytes_ == 0, "{} bytes are no whole pictures", frames.size());
  if (folder_.empty()) {
    folder_ = make_temporary_folder();
    is_temporary_ = true;
  }
  while (!frames.empty()) {
    if (segments_.empty() || segments_.rbegin()->second.count >= frames_per_segment_) {
      segments_[next_] = {0, open_segment(next_, /*is_new=*/true)};
    }
    auto& [first, segment] = *segments_.rbegin();
    const std::int64_t count =
        std::min(frames_per_segment_ - segment.count, std::ssize(frames) / frame_bytes_);
    const auto bytes = frames.first(static_cast<std::size_t>(count * frame_bytes_));
    write_all(segment.descriptor, bytes, segment.count * frame_bytes_, path_of(first));
    segment.count += count;
    next_ += count;
    frames = frames.subspan(bytes.size());
  }
}

void FrameStore::read(std::int64_t row, std::int64_t count, std::uint8_t* frames) const {
  while (count > 0) {
    auto after = segments_.upper_bound(row);
    FS_CHECK(after != segments_.begin() && row < next_, "picture {} is not stored", row);
    const auto& [first, segment] = *std::prev(after);
    FS_CHECK(row < first + segment.count, "picture {} is not stored", row);
    const std::int64_t here = std::min(count, first + segment.count - row);
    std::int64_t at = (row - first) * frame_bytes_;
    for (std::int64_t left = here * frame_bytes_; left > 0;) {
      const ssize_t got = ::pread(segment.descriptor, frames, static_cast<std::size_t>(left), at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        fail("{}: cannot read {} bytes at {}: {}", path_of(first).string(), left, at,
             got < 0 ? std::strerror(errno) : "the file ends there");
      }
      frames += got;
      at += got;
      left -= got;
    }
    row += here;
    count -= here;
  }
}

void FrameStore::flush() {
  if (segments_.empty()) return;
  for (auto at = segments_.rbegin(); at != segments_.rend(); ++at) {
    if (::fdatasync(at->second.descriptor) != 0) {
      fail_with(path_of(at->first), "cannot write pictures", errno);
    }
  }
}

void FrameStore::drop_before(std::int64_t row) {
  while (segments_.size() > 1 && std::next(segments_.begin())->first <= row) {
    ::close(segments_.begin()->second.descriptor);
    std::error_code ignored;
    std::filesystem::remove(path_of(segments_.begin()->first), ignored);
    segments_.erase(segments_.begin());
  }
}

}  // namespace foresight
