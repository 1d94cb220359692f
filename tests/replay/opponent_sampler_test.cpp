#include "replay/opponent_sampler.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "replay/episodes.h"

namespace foresight {
namespace {

// A tagged episode in whose step i the opponent plays {10 tag + i, -1}.
Episode duel(std::int64_t tag, std::int64_t num_steps, std::int64_t opponent) {
  Episode episode = tagged_episode(tag, num_steps);
  for (std::int64_t i = 0; i < num_steps; ++i) {
    episode.opponent_actions.push_back(static_cast<float>(10 * tag + i));
    episode.opponent_actions.push_back(-1.0f);
  }
  episode.opponent = opponent;
  return episode;
}

// How often each (tag, step) was drawn; every pair fits together.
std::map<std::pair<int, int>, int> draw(const EpisodeStore& store, std::int64_t opponent,
                                        std::int64_t count) {
  Rng rng(1, "draws");
  OpponentSteps steps;
  sample_opponent_steps(store, opponent, count, rng, steps);
  std::map<std::pair<int, int>, int> found;
  for (std::int64_t i = 0; i < steps.count; ++i) {
    const auto at = static_cast<std::size_t>(2 * i);
    const int tag = static_cast<int>(steps.observations[at]);
    const int step = static_cast<int>(steps.observations[at + 1]);
    EXPECT_EQ(steps.opponent_actions[at], static_cast<float>(10 * tag + step));
    EXPECT_EQ(steps.opponent_actions[at + 1], -1.0f);
    ++found[{tag, step}];
  }
  return found;
}

TEST(OpponentSampler, DrawsStepsOfThatOpponentOnly) {
  EpisodeStore store(kObservationDim, kActionDim, 100, 2);
  store.add(duel(1, 3, 0));
  store.add(duel(2, 4, 1));
  store.add(duel(3, 2, 0));
  store.add(duel(4, 9, -1));
  for (const auto& [step, count] : draw(store, 0, 5)) EXPECT_TRUE(step.first % 2 == 1);
  EXPECT_TRUE(draw(store, 2, 5).empty());
}

TEST(OpponentSampler, DrawsEveryStepAlikeOften) {
  EpisodeStore store(kObservationDim, kActionDim, 20'000, 2);
  store.add(duel(1, 2, 0));
  for (int i = 0; i < 1500; ++i) store.add(duel(2, 4, 0));
  const auto found = draw(store, 0, 4000);
  for (int step = 0; step < 4; ++step) {
    EXPECT_NEAR(found.at({2, step}) / 4000.0, 0.25, 0.03) << step;
  }
}

TEST(OpponentSampler, DrawsNoMoreThanThereIs) {
  EpisodeStore store(kObservationDim, kActionDim, 100, 2);
  store.add(duel(1, 3, 0));
  int total = 0;
  for (const auto& [step, count] : draw(store, 0, 50)) total += count;
  EXPECT_EQ(total, 3);
}

TEST(OpponentSampler, FindsWhatIsLeftOfAnOverwrittenEpisode) {
  EpisodeStore store(kObservationDim, kActionDim, 10, 2);
  store.add(duel(1, 5, 0));
  store.add(duel(2, 6, 1));  // two steps of the first episode are left
  const auto found = draw(store, 0, 2);
  ASSERT_FALSE(found.empty());
  for (const auto& [step, count] : found) EXPECT_GE(step.second, 3);
  for (const auto& [step, count] : draw(store, 1, 6)) EXPECT_EQ(step.first, 2);
}

TEST(EpisodeStore, CopiesAnEpisodeWithItsOpponent) {
  EpisodeStore store(kObservationDim, kActionDim, 10, 2);
  store.add(duel(1, 5, 3));
  const Episode copy = store.copy_of(0);
  EXPECT_EQ(copy.opponent_actions, duel(1, 5, 3).opponent_actions);
  EXPECT_EQ(copy.opponent, 3);
}

TEST(EpisodeStore, RefusesAnEpisodeWithoutTheOpponentsActions) {
  EpisodeStore store(kObservationDim, kActionDim, 10, 2);
  EXPECT_THROW(store.add(tagged_episode(1, 5)), ContractViolation);
}

}  // namespace
}  // namespace foresight
