#include "replay/episode_store.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "replay/episodes.h"

namespace foresight {
namespace {

EpisodeStore store_of(std::int64_t capacity) { return {kObservationDim, kActionDim, capacity}; }

TEST(EpisodeStore, CountsRowsAndTransitions) {
  EpisodeStore store = store_of(100);
  EXPECT_EQ(store.add(tagged_episode(0, 4)), 0);
  EXPECT_EQ(store.add(tagged_episode(1, 7)), 1);
  EXPECT_EQ(store.num_rows(), 5 + 8);
  EXPECT_EQ(store.num_transitions(), 4 + 7);
  EXPECT_EQ(store.num_episodes_seen(), 2);
}

TEST(EpisodeStore, GathersSlicesTimeMajor) {
  EpisodeStore store = store_of(100);
  store.add(tagged_episode(0, 5));
  store.add(tagged_episode(1, 6));
  SliceBatch batch;
  const std::vector<SliceIndex> slices{{1, 3}, {0, 0}};
  store.gather(slices, 2, batch);
  EXPECT_EQ(batch.num_slices, 2);
  EXPECT_EQ(batch.horizon, 2);
  // Three rows of {tag, row}, both slices in each.
  EXPECT_EQ(batch.observations, (std::vector<float>{1, 3, 0, 0, 1, 4, 0, 1, 1, 5, 0, 2}));
  EXPECT_EQ(batch.actions, (std::vector<float>{103, 0, 104, 1}));
  EXPECT_EQ(batch.rewards, (std::vector<float>{1003, 0, 1004, 1}));
  EXPECT_EQ(batch.terminated, (std::vector<float>{0, 0, 0, 0}));
}

TEST(EpisodeStore, GathersTheTerminalStep) {
  EpisodeStore store = store_of(100);
  store.add(tagged_episode(0, 3));
  SliceBatch batch;
  store.gather(std::vector<SliceIndex>{{0, 1}}, 2, batch);
  EXPECT_EQ(batch.terminated, (std::vector<float>{0, 1}));
}

TEST(EpisodeStore, OverwritesTheOldestRowsAndKeepsTheRestUsable) {
  EpisodeStore store = store_of(12);
  store.add(tagged_episode(0, 5));  // rows 0..5
  store.add(tagged_episode(1, 4));  // rows 6..10
  store.add(tagged_episode(2, 3));  // needs 4 rows, 1 is free: 3 of episode 0 go
  ASSERT_EQ(store.episodes().size(), 3u);
  EXPECT_EQ(store.num_rows(), 12);
  const Episode rest = store.copy_of(store.position_of(0));
  EXPECT_EQ(rest.observations, (std::vector<float>{0, 3, 0, 4, 0, 5}));
  EXPECT_EQ(rest.actions, (std::vector<float>{3, 4}));
  EXPECT_EQ(rest.rewards, (std::vector<float>{3, 4}));
  EXPECT_EQ(rest.terminated, (std::vector<float>{0, 1}));
  SliceBatch batch;
  store.gather(std::vector<SliceIndex>{{0, 0}, {2, 1}}, 2, batch);
  EXPECT_EQ(batch.actions, (std::vector<float>{3, 201, 4, 202}));
}

TEST(EpisodeStore, ForgetsAnEpisodeOfWhichOneRowIsLeft) {
  EpisodeStore store = store_of(10);
  store.add(tagged_episode(0, 3));  // rows 0..3
  store.add(tagged_episode(1, 4));  // rows 4..8
  store.add(tagged_episode(2, 3));  // 3 rows of episode 0 go; a single row holds no step
  EXPECT_EQ(store.position_of(0), -1);
  EXPECT_EQ(store.num_rows(), 5 + 4);
  EXPECT_EQ(store.num_transitions(), 4 + 3);
}

TEST(EpisodeStore, HoldsOnlyTheLatestThroughManyRounds) {
  EpisodeStore store = store_of(50);
  for (std::int64_t tag = 0; tag < 200; ++tag) {
    store.add(tagged_episode(tag, 2 + tag % 9));
    ASSERT_LE(store.num_rows(), 50);
    ASSERT_GE(store.num_rows(), std::min<std::int64_t>(tag + 1, 10) * 3);
    // Every slice that is said to fit holds one episode's consecutive rows.
    for (const auto& stored : store.episodes()) {
      SliceBatch batch;
      for (std::int64_t start = 0; start < stored.num_slices(2); ++start) {
        store.gather(std::vector<SliceIndex>{{stored.number, start}}, 2, batch);
        for (int t = 0; t < 3; ++t) {
          ASSERT_EQ(batch.observations[2 * t], static_cast<float>(stored.number));
          ASSERT_EQ(batch.observations[2 * t + 1], batch.observations[1] + t);
        }
        ASSERT_EQ(batch.rewards[1], batch.rewards[0] + 1);
      }
    }
  }
}

TEST(EpisodeStore, KnowsWhereAnEpisodeIs) {
  EpisodeStore store = store_of(12);
  EXPECT_EQ(store.position_of(0), -1);
  for (std::int64_t tag = 0; tag < 4; ++tag) store.add(tagged_episode(tag, 5));
  EXPECT_EQ(store.position_of(1), -1);
  EXPECT_EQ(store.position_of(2), 0);
  EXPECT_EQ(store.position_of(3), 1);
  EXPECT_EQ(store.position_of(4), -1);
}

TEST(EpisodeStore, RefusesWhatCannotBeLearnedFrom) {
  EpisodeStore store = store_of(10);
  EXPECT_THROW(store.add(tagged_episode(0, 0)), ContractViolation);
  EXPECT_THROW(store.add(tagged_episode(0, 10)), ContractViolation);  // 11 rows
  Episode broken = tagged_episode(0, 3);
  broken.rewards[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(store.add(broken), ContractViolation);
  broken = tagged_episode(0, 3);
  broken.observations[1] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(store.add(broken), ContractViolation);
  broken = tagged_episode(0, 3);
  broken.actions.pop_back();
  EXPECT_THROW(store.add(broken), ContractViolation);
  EXPECT_EQ(store.num_rows(), 0);
}

TEST(EpisodeStore, RefusesSlicesThatDoNotFit) {
  EpisodeStore store = store_of(100);
  store.add(tagged_episode(0, 5));
  SliceBatch batch;
  const auto gather = [&](SliceIndex slice) {
    store.gather(std::vector<SliceIndex>{slice}, 3, batch);
  };
  gather({0, 2});
  EXPECT_THROW(gather({0, 3}), ContractViolation);
  EXPECT_THROW(gather({0, -1}), ContractViolation);
  EXPECT_THROW(gather({1, 0}), ContractViolation);
}

}  // namespace
}  // namespace foresight
