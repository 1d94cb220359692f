#include "train/run_folder.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"
#include "train/experiments.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

// Runs are looked for below the working folder.
class RunFolderTest : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    before_ = fs::current_path();
    fs::current_path(folder_);
  }
  void TearDown() override {
    fs::current_path(before_);
    ScratchFolder::TearDown();
  }

 private:
  fs::path before_;
};

TEST_F(RunFolderTest, IsNamedByTimeAndExperiment) {
  Experiment experiment = experiment_of(kCountdown, {"name=\"my run\""});
  const auto first = create_run_folder(experiment, "runs", "", "test");
  const auto second = create_run_folder(experiment, "runs", "", "test");
  EXPECT_NE(first, second);
  EXPECT_NE(first.string().find("_my-run"), std::string::npos);
  EXPECT_EQ(run_names().size(), 2u);
  EXPECT_TRUE(fs::equivalent(find_run("last"), find_run(run_names().back())));
  EXPECT_TRUE(fs::equivalent(find_run(first.filename().string()), first));
}

TEST_F(RunFolderTest, IsNotUsedTwice) {
  const Experiment experiment = experiment_of(kCountdown);
  create_run_folder(experiment, "runs", "here", "test");
  const std::string text = error_of([&] { create_run_folder(experiment, "runs", "here", "test"); });
  EXPECT_NE(text.find("already holds a run"), std::string::npos);
}

TEST_F(RunFolderTest, SuggestsTheNearestRun) {
  const Experiment experiment = experiment_of(kCountdown);
  fs::rename(create_run_folder(experiment, "runs", "", "test"), "runs/20260101-000000_walk");
  const std::string text = error_of([] { find_run("20260101-000000_wald"); });
  EXPECT_NE(text.find("did you mean \"20260101-000000_walk\""), std::string::npos);
}

}  // namespace
}  // namespace foresight
