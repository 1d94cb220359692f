#include "base/input_file.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class InputFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / fmt::format("foresight_input_{}", info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream(folder_ / "notes.txt", std::ios::binary) << text_;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string error_for(const fs::path& path, std::size_t max_bytes) const {
    try {
      read_text_file(path, max_bytes);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  const std::string text_ = std::string("zero \0 and\r\nnewlines\n", 21);
  fs::path folder_;
};

TEST_F(InputFile, IsReadByteForByteUpToTheLimit) {
  EXPECT_EQ(read_text_file(folder_ / "notes.txt", text_.size()), text_);
  EXPECT_EQ(
      error_for(folder_ / "notes.txt", text_.size() - 1),
      fmt::format("{}: too big: expected at most 20 bytes", (folder_ / "notes.txt").string()));
}

TEST_F(InputFile, IsLookedForAmongNearNamesWhenMissing) {
  EXPECT_EQ(error_for(folder_ / "note.txt", 100),
            (folder_ / "note.txt").string() + ": no such file; did you mean \"notes.txt\"?");
  EXPECT_EQ(error_for(folder_ / "a" / "b", 100), (folder_ / "a" / "b").string() + ": no such file");
}

TEST_F(InputFile, IsNoFolderDeviceOrPathThroughAFile) {
  EXPECT_EQ(error_for(folder_, 100), folder_.string() + ": expected a file, found a folder");
  EXPECT_EQ(error_for("/dev/zero", 100), "/dev/zero: expected a file, found something else");
  EXPECT_NE(error_for(folder_ / "notes.txt" / "a", 100), "");
}

TEST(DisplayPath, IsRelativeBelowTheWorkingFolderOnly) {
  EXPECT_EQ(display_path(fs::current_path() / "configs" / "a.toml"), "configs/a.toml");
  EXPECT_EQ(display_path("/elsewhere/a.toml"), "/elsewhere/a.toml");
  EXPECT_EQ(display_path("../a.toml"), "../a.toml");
}

}  // namespace
}  // namespace foresight
