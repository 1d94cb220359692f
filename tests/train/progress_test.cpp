#include "train/progress.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

using ProgressTest = ScratchFolder;

TEST(ProgressLine, ShowsHowFarHowFastAndHowGood) {
  const ProgressState state{.steps = 50000,
                            .total_steps = 200000,
                            .steps_per_s = 120.4,
                            .updates_per_s = 30.0,
                            .left_s = 1245.0,
                            .activity = "phase 1 of 2",
                            .has_return = true,
                            .episode_return = -3.5,
                            .win_rates = {{"weak", 0.84}}};
  EXPECT_EQ(progress_line(state),
            "[#####...............] 25 %  50.0k/200.0k steps  120 steps/s  30.0 updates/s  "
            "ETA 20 min 45 s  return -3.50  weak 84 % won  phase 1 of 2");
}

TEST(DurationText, UsesTheTwoLargestUnits) {
  EXPECT_EQ(duration_text(8.2), "8 s");
  EXPECT_EQ(duration_text(200.0), "3 min 20 s");
  EXPECT_EQ(duration_text(3900.0), "1 h 05 min");
}

TEST_F(ProgressTest, KeepsWhatWasSaidInTheLog) {
  {
    Progress progress(folder_ / "log.txt", /*is_live=*/false, /*report_every_s=*/3600.0);
    progress.say("one");
    progress.update({});  // not due
    progress.say("two");
  }
  const std::string log = read(folder_ / "log.txt");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  EXPECT_NE(log.find("  one\n"), std::string::npos);
}

}  // namespace
}  // namespace foresight
