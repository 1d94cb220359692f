#include "train/common_course.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cluster/rank_threads.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

class CommonCourseTest : public ScratchFolder {};

TEST_F(CommonCourseTest, AddsUpAndAgrees) {
  on_ranks(3, [](Ranks& ranks) {
    const int rank = ranks.rank();
    const CommonCourse course(ranks, {});
    const StepCounts all = course.add_up({.steps = rank, .episodes = 1, .can_update = rank > 0});
    EXPECT_EQ(all.steps, 3);
    EXPECT_EQ(all.episodes, 3);
    EXPECT_EQ(all.can_update, 2);
    // A signal is everybody's, a clock rank 0's.
    const Turn turn = course.agree(
        {.signal = rank == 2 ? 15 : 0, .is_late = rank == 1, .is_checkpoint_due = rank == 0});
    EXPECT_EQ(turn.signal, 15);
    EXPECT_FALSE(turn.is_late);
    EXPECT_TRUE(turn.is_checkpoint_due);
    EXPECT_TRUE(course.as_first_says(rank == 0));
    EXPECT_FALSE(course.as_first_says(rank != 0));
  });
}

TEST_F(CommonCourseTest, MetricsAreMeansOverAllRanks) {
  on_ranks(2, [](Ranks& ranks) {
    MetricWindow window;
    window.add("both", ranks.rank() == 0 ? 1.0 : 4.0);
    if (ranks.rank() == 1) window.add("both", 4.0);
    if (ranks.rank() == 1) window.add("one", std::nan(""));
    window.set_state(CommonCourse(ranks, {}).merge(window));
    const Metrics row = window.take();
    ASSERT_EQ(row.size(), 2u);
    EXPECT_EQ(row[0], std::pair(std::string("both"), 3.0));
    EXPECT_EQ(row[1].first, "one");
    EXPECT_TRUE(std::isnan(row[1].second));
  });
}

TEST_F(CommonCourseTest, RanksThatHaveComeApartAreNamed) {
  on_ranks(3, [](Ranks& ranks) {
    const CommonCourse course(ranks, {});
    EXPECT_EQ(error_of([&] { course.check_alike(7); }), "");
    const std::string error = error_of([&] { course.check_alike(ranks.rank() == 2 ? 8 : 7); });
    EXPECT_NE(error.find("rank 0 has weights with the checksum 00000007, rank 2 with 00000008"),
              std::string::npos)
        << error;
  });
}

TEST_F(CommonCourseTest, AnotherNumberOfRanksIsANewSplitWithNewStreams) {
  LoopState state;
  state.num_ranks = 2;
  state.split = 3;
  write_loop_state(folder_, state);
  on_ranks(2, [&](Ranks& ranks) {
    const CommonCourse course(ranks, folder_);
    EXPECT_EQ(course.seat().split, 3);
    EXPECT_TRUE(course.earlier_seats().empty());
  });
  on_ranks(3, [&](Ranks& ranks) {
    const CommonCourse course(ranks, folder_);
    EXPECT_EQ(course.seat().split, 4);
    ASSERT_EQ(course.earlier_seats().size(), 2u);
    EXPECT_EQ(course.earlier_seats()[1].split, 3);
    EXPECT_NE(course.stream(), CommonCourse(ranks, {}).stream());
  });
}

TEST_F(CommonCourseTest, RankZeroKeepsItsPartWhereOneAloneDoes) {
  const std::filesystem::path run = "run";
  EXPECT_EQ(rank_folder(run, {.rank = 0, .split = 2}), run);
  EXPECT_EQ(rank_folder(run, {.rank = 1, .split = 0}), run / "ranks/split_0/rank_1");
  EXPECT_EQ(rank_lasting_folder(run, {}), run / "checkpoints/lasting");
  EXPECT_EQ(rank_lasting_folder(run, {.rank = 0, .split = 1}),
            run / "ranks/split_1/rank_0/checkpoints/lasting");
  EXPECT_EQ(rank_checkpoint(run / "checkpoints/step_000000000010", {.rank = 2, .split = 1}),
            run / "ranks/split_1/rank_2/checkpoints/step_000000000010");
}

}  // namespace
}  // namespace foresight
