#include "io/folder_lock.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

using FolderLockTest = ScratchFolder;

TEST_F(FolderLockTest, LetsOneIn) {
  const auto enter = [&] { FolderLock(folder_ / "new", FolderLock::WhenTaken::kFail); };
  {
    const FolderLock lock(folder_ / "new", FolderLock::WhenTaken::kWait);
    EXPECT_NE(error_of(enter).find("another process is at work"), std::string::npos);
  }
  EXPECT_EQ(error_of(enter), "");
}

TEST_F(FolderLockTest, TellsWhatIsWrongWithTheFolder) {
  write("file", "");
  const auto enter = [&] { FolderLock(folder_ / "file", FolderLock::WhenTaken::kWait); };
  EXPECT_NE(error_of(enter).find("file"), std::string::npos);
}

}  // namespace
}  // namespace foresight
