// What a run does when its disk fails it.
#include <gtest/gtest.h>

#include "cli/small_run.h"

namespace foresight {
namespace {

class DiskTest : public SmallRun {
 protected:
  // Waits until the run has written a checkpoint.
  static bool wait_for_checkpoint(const fs::path& run) {
    for (int i = 0; i < 2000 && !has_checkpoint(run); ++i) usleep(5000);
    return has_checkpoint(run);
  }
  void expect_said(const std::string& text) const {
    EXPECT_NE(said().find(text), std::string::npos) << said();
  }
};

// A limit on the length of files stands for a full disk: the replay log is the first to reach it.
TEST_F(DiskTest, AFullDiskStopsTheRunAndItGoesOnWhenThereIsRoom) {
  const std::string file = config();
  const std::string whole = (folder_ / "whole").string();
  const std::string cut = (folder_ / "cut").string();
  ASSERT_EQ(run({"train", file, "--run-dir", whole}), 0) << said();
  EXPECT_EQ(run({"train", file, "--run-dir", cut}, {.file_bytes = 150'000}), 2) << said();
  expect_said("was not written");
  expect_said("File too large");
  expect_said("is intact");
  ASSERT_EQ(run({"resume", cut}), 0) << said();
  expect_same(whole, cut);
}

TEST_F(DiskTest, AVanishedFolderStopsTheRunAndNothingIsMadeInItsPlace) {
  const fs::path run_folder = folder_ / "run";
  const pid_t child = start({"train", config(), "--run-dir", run_folder.string()});
  EXPECT_TRUE(wait_for_checkpoint(run_folder));
  fs::rename(run_folder, folder_ / "moved");
  EXPECT_EQ(wait_for(child), 2) << said();
  expect_said("o such file");  // of the system or of a reader, as it happens
  EXPECT_FALSE(fs::exists(run_folder));
  EXPECT_EQ(run({"resume", (folder_ / "moved").string()}), 0) << said();
}

TEST_F(DiskTest, AFolderThatCannotBeMadeIsNamed) {
  EXPECT_EQ(run({"train", config(), "--run-dir", "/proc/nothing"}), 2);
  expect_said("cannot make the folder /proc/nothing");
}

TEST_F(DiskTest, ADamagedCheckpointIsNamedAndTheOneBeforeItUsedOnRequest) {
  const std::string file = config();
  const std::string whole = (folder_ / "whole").string();
  const fs::path cut = folder_ / "cut";
  ASSERT_EQ(run({"train", file, "--run-dir", whole}), 0) << said();
  const pid_t child = start({"train", file, "--run-dir", cut.string()});
  const auto count = [&] {
    int found = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(cut / "checkpoints", ignored)) {
      found += entry.path().filename().string().starts_with("step_") ? 1 : 0;
    }
    return found;
  };
  for (int i = 0; i < 10000 && count() < 2; ++i) usleep(1000);
  kill(child, SIGTERM);
  wait_for(child);
  std::vector<fs::path> kept;
  for (const auto& entry : fs::directory_iterator(cut / "checkpoints")) {
    if (entry.path().filename().string().starts_with("step_")) kept.push_back(entry.path());
  }
  std::ranges::sort(kept);
  ASSERT_EQ(kept.size(), 2u);
  fs::resize_file(kept[1] / "learner.safetensors", 100);
  EXPECT_EQ(run({"resume", cut.string()}), 2);
  expect_said("learner.safetensors: expected");
  expect_said("--fallback");
  ASSERT_EQ(run({"resume", cut.string(), "--fallback"}), 0) << said();
  expect_said("passed over");
  expect_same(whole, cut);
}

}  // namespace
}  // namespace foresight
