#include "io/atomic_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class AtomicFolder : public ScratchFolder {
 protected:
  void put(const std::string& file, const std::string& text) const {
    replace_folder(folder_ / "part",
                   [&](const fs::path& part) { std::ofstream(part / file) << text; });
  }
};

TEST_F(AtomicFolder, KeepsTheOldContentWhenNewContentCannotBeWritten) {
  put("a", "old");
  EXPECT_THROW(replace_folder(folder_ / "part",
                              [](const fs::path& part) {
                                std::ofstream(part / "a") << "new";
                                fail("the disk is full");
                              }),
               Error);
  EXPECT_EQ(read(folder_ / "part" / "a"), "old");
  EXPECT_EQ(num_files(), 1u);
  put("b", "new");
  EXPECT_FALSE(fs::exists(folder_ / "part" / "a"));
  EXPECT_EQ(read(folder_ / "part" / "b"), "new");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFolder, ReplacesWhatAKilledProcessLeftUnfinished) {
  fs::create_directories(folder_ / "part.unfinished");
  std::ofstream(folder_ / "part.unfinished" / "half") << "x";
  put("a", "whole");
  EXPECT_EQ(num_files(), 1u);
  fs::create_directories(folder_ / "other.unfinished");
  remove_unfinished_folders(folder_);
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFolder, IsRemovedWithAllThatIsInIt) {
  put("a", "text");
  remove_folder(folder_ / "part");
  EXPECT_EQ(num_files(), 0u);
  EXPECT_NE(error_of([&] { remove_folder(folder_ / "part"); }), "");
}

TEST_F(AtomicFolder, IsNotMadeWhereItsParentVanished) {
  std::ofstream(folder_ / "file") << "x";
  for (const char* parent : {"file", "vanished"}) {
    const std::string text =
        error_of([&] { replace_folder(folder_ / parent / "part", [](auto&) {}); });
    EXPECT_NE(text.find("cannot write"), std::string::npos) << text;
  }
  EXPECT_EQ(num_files(), 1u);
}

}  // namespace
}  // namespace foresight
