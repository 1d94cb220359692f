#include "kernels/thread_team/thread_team.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

TEST(ThreadTeam, RunsEveryTaskOnceInEveryRound) {
  for (const int num_threads : {1, 2, 5}) {
    ThreadTeam team(num_threads);
    EXPECT_EQ(team.size(), num_threads);
    for (const std::int64_t num_tasks : {0, 1, 2, 7, 100}) {
      for (int round = 0; round < 50; ++round) {
        std::vector<std::atomic<int>> counts(static_cast<std::size_t>(num_tasks));
        team.run(num_tasks, [&](std::int64_t task, int thread) {
          ASSERT_GE(thread, 0);
          ASSERT_LT(thread, num_threads);
          counts[static_cast<std::size_t>(task)].fetch_add(1);
        });
        for (const auto& count : counts) ASSERT_EQ(count.load(), 1);
      }
    }
  }
}

TEST(ThreadTeam, WritesOfTasksAreSeenAfterRun) {
  ThreadTeam team(3);
  std::vector<int> written(1000, 0);
  for (int round = 1; round <= 200; ++round) {
    team.run(1000,
             [&](std::int64_t task, int) { written[static_cast<std::size_t>(task)] = round; });
    for (const int value : written) ASSERT_EQ(value, round);
  }
}

TEST(ThreadTeam, RefusesToHaveNoThread) { EXPECT_THROW(ThreadTeam(0), ContractViolation); }

}  // namespace
}  // namespace foresight
