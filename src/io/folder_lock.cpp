#include "io/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/input_file.h"

namespace foresight {

FolderLock::FolderLock(const std::filesystem::path& folder, WhenTaken when_taken) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("cannot make the folder {}: {}", display_path(folder), error.message());
  const std::filesystem::path file = folder / "lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("{}: cannot write: {}", display_path(file), std::strerror(errno));
  const int operation = LOCK_EX | (when_taken == WhenTaken::kFail ? LOCK_NB : 0);
  int result = 0;
  do {
    result = ::flock(descriptor_, operation);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  const int reason = errno;
  ::close(descriptor_);
  if (reason == EWOULDBLOCK) {
    fail("{}: another process is at work in this folder; wait for it or choose another folder",
         display_path(folder));
  }
  fail("{}: cannot lock: {}", display_path(file), std::strerror(reason));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace foresight
