// One process at a time in a folder. The system drops the lock when its holder dies.
#pragma once

#include <filesystem>

namespace foresight {

class FolderLock {
 public:
  enum class WhenTaken { kWait, kFail };

  // Makes the folder if need be, and `lock` in it, which stays. Error: another process holds the
  // lock (kFail), or the path and the reason of the system.
  FolderLock(const std::filesystem::path& folder, WhenTaken when_taken);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace foresight
