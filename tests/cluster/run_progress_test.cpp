#include "cluster/run_progress.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

class RunProgressTest : public ScratchFolder {};

TEST_F(RunProgressTest, IsStepsScoreAndTimeLeft) {
  write("config.toml", "[train]\nsteps = 1000\n");
  write("metrics.jsonl",
        "{\"step\": 100, \"time_s\": 10, \"episode/return\": 3}\n"
        "{\"step\": 200, \"time_s\": 20, \"eval/weak/win_rate\": 0.5}\n"
        "{\"step\": 400, \"time_s\": 40, \"episode/return\": 4}\n{\"step\": 5");
  const RunProgress progress = read_progress(folder_);
  EXPECT_EQ(progress.steps, 400);
  EXPECT_EQ(progress.total_steps, 1000);
  EXPECT_EQ(progress.score_name, "eval/weak/win_rate");
  EXPECT_DOUBLE_EQ(progress.score, 0.5);
  EXPECT_DOUBLE_EQ(progress.left_s, 60.0);
}

TEST_F(RunProgressTest, OfAnUnreadableRunIsUnknown) {
  EXPECT_EQ(read_progress(folder_ / "nowhere").total_steps, 0);
  write("config.toml", "[train]\nsteps = 1000\n");
  EXPECT_EQ(read_progress(folder_).total_steps, 1000);
  EXPECT_LT(read_progress(folder_).left_s, 0.0);
  write("metrics.jsonl", "nonsense\n");
  EXPECT_EQ(read_progress(folder_).steps, 0);
}

}  // namespace
}  // namespace foresight
