#include "replay/slice_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "replay/episodes.h"

namespace foresight {
namespace {

constexpr std::int64_t kHorizon = 3;

ReplayConfig config_of(const std::string& sampling) {
  ReplayConfig config;
  config.sampling = sampling;
  return config;
}

// Episodes of the given lengths, known to a sampler.
struct Replay {
  Replay(const ReplayConfig& config, const std::vector<std::int64_t>& lengths)
      : store(kObservationDim, kActionDim, 100000), sampler(config, store) {
    for (const std::int64_t length : lengths) add(length);
  }
  void add(std::int64_t length) {
    sampler.episode_added(store.add(tagged_episode(store.num_episodes_seen(), length)));
  }
  // How often each (episode, start) comes up in `count` draws, as shares.
  std::map<std::pair<std::int64_t, std::int64_t>, double> shares(std::int64_t count) {
    Rng rng(1, "sampler");
    SliceBatch batch;
    sampler.sample(count, kHorizon, rng, batch);
    std::map<std::pair<std::int64_t, std::int64_t>, double> result;
    for (const SliceIndex& slice : batch.slices) {
      result[{slice.episode, slice.start}] += 1.0 / static_cast<double>(count);
    }
    return result;
  }
  EpisodeStore store;
  SliceSampler sampler;
};

TEST(SliceSampler, DrawsEpisodesAlikeAndThenAStart) {
  Replay replay(config_of("uniform_episode"), {3, 6, 12});  // 1, 4 and 10 slices
  const auto shares = replay.shares(60000);
  ASSERT_EQ(shares.size(), 1u + 4u + 10u);
  for (const auto& [slice, share] : shares) {
    const double num_slices = slice.first == 0 ? 1 : slice.first == 1 ? 4 : 10;
    EXPECT_NEAR(share, 1.0 / 3.0 / num_slices, 0.008);  // four standard deviations
  }
}

TEST(SliceSampler, DrawsSlicesAlikeWhenToldTo) {
  Replay replay(config_of("uniform_slice"), {3, 6, 12});
  const auto shares = replay.shares(60000);
  ASSERT_EQ(shares.size(), 15u);
  for (const auto& [slice, share] : shares) EXPECT_NEAR(share, 1.0 / 15.0, 0.0045);
}

TEST(SliceSampler, NeverDrawsEpisodesThatAreTooShort) {
  for (const char* sampling : {"uniform_episode", "uniform_slice", "prioritised"}) {
    Replay replay(config_of(sampling), {2, 5, 1, 2, 4});
    for (const auto& [slice, share] : replay.shares(3000)) {
      EXPECT_TRUE(slice.first == 1 || slice.first == 4) << sampling;
      EXPECT_LE(slice.second, slice.first == 1 ? 2 : 1) << sampling;
    }
  }
}

TEST(SliceSampler, SaysWhetherASliceFits) {
  Replay replay(config_of("uniform_episode"), {2});
  Rng rng(1, "sampler");
  SliceBatch batch;
  EXPECT_FALSE(replay.sampler.can_sample(kHorizon));
  EXPECT_THROW(replay.sampler.sample(4, kHorizon, rng, batch), ContractViolation);
  replay.add(3);
  EXPECT_TRUE(replay.sampler.can_sample(kHorizon));
  replay.sampler.sample(4, kHorizon, rng, batch);
  EXPECT_EQ(batch.slices.size(), 4u);
}

TEST(SliceSampler, GivesNoWeightsUnlessPrioritised) {
  SliceBatch batch;
  Rng rng(1, "sampler");
  Replay uniform(config_of("uniform_episode"), {6});
  batch.weights = {1.0f};
  uniform.sampler.sample(4, kHorizon, rng, batch);
  EXPECT_TRUE(batch.weights.empty());
  Replay prioritised(config_of("prioritised"), {6});
  prioritised.sampler.sample(4, kHorizon, rng, batch);
  EXPECT_EQ(batch.weights.size(), 4u);
}

TEST(SliceSampler, IsDeterministic) {
  Replay replay(config_of("uniform_episode"), {6, 9, 12});
  EXPECT_EQ(replay.shares(100), replay.shares(100));
}

TEST(PrioritisedSampling, DrawsByPriorityToTheExponent) {
  Replay replay(config_of("prioritised"), {3, 6});  // 1 and 4 slices
  const std::vector<SliceIndex> slices{{0, 0}, {1, 2}};
  const std::vector<float> priorities{5.0f, -2.0f};  // the size counts
  replay.sampler.update_priorities(slices, priorities);
  const double first = std::pow(5.0 + 1e-6, 0.6);
  const double second = std::pow(2.0 + 1e-6, 0.6);
  const double total = first + 4 * second;
  const auto probabilities = replay.sampler.slice_probabilities(kHorizon);
  ASSERT_EQ(probabilities.size(), 5u);
  EXPECT_NEAR(probabilities[0], first / total, 1e-9);
  EXPECT_NEAR(probabilities[3], second / total, 1e-9);
  for (const auto& [slice, share] : replay.shares(60000)) {
    EXPECT_NEAR(share, (slice.first == 0 ? first : second) / total, 0.008);
  }
}

TEST(PrioritisedSampling, WeighsTheRarestSliceByOneAndTheOthersLess) {
  Replay replay(config_of("prioritised"), {3, 6});
  replay.sampler.update_priorities(std::vector<SliceIndex>{{0, 0}, {1, 0}},
                                   std::vector<float>{5.0f, 2.0f});
  const std::vector<SliceIndex> slices{{0, 0}, {1, 3}};
  const auto weights = replay.sampler.importance_weights(slices, kHorizon);
  const double ratio = std::pow((5.0 + 1e-6) / (2.0 + 1e-6), 0.6);
  EXPECT_NEAR(weights[0], std::pow(ratio, -0.4), 1e-6);
  EXPECT_NEAR(weights[1], 1.0, 1e-6);
}

// Of two replays that a batch draws from alike: the smaller sum of priorities makes its slices
// likelier.
TEST(PrioritisedSampling, WeighsSlicesOfSeveralReplaysByTheRarestOfAll) {
  Replay one(config_of("prioritised"), {3, 6});  // 1 and 4 slices
  Replay two(config_of("prioritised"), {12});    // 10
  one.sampler.update_priorities(std::vector<SliceIndex>{{0, 0}, {1, 0}},
                                std::vector<float>{5.0f, 2.0f});
  const auto raised = [](double priority) { return std::pow(priority + 1e-6, 0.6); };
  const double sum = raised(5.0) + 4 * raised(2.0);
  const std::vector<double> probabilities{raised(5.0) / sum, raised(2.0) / sum, 0.1};
  const double rarest =
      std::min(one.sampler.rarest_share(kHorizon), two.sampler.rarest_share(kHorizon));
  EXPECT_NEAR(rarest, 0.1, 1e-12);
  const std::vector<SliceIndex> slices{{0, 0}, {1, 3}};
  auto weights = one.sampler.importance_weights(slices, kHorizon, rarest);
  weights.push_back(
      two.sampler.importance_weights(std::vector<SliceIndex>{{0, 7}}, kHorizon, rarest)[0]);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(weights[i], std::pow(probabilities[i] / 0.1, -0.4), 1e-6) << i;
  }
  // A replay alone gets what it always did.
  const auto alone =
      one.sampler.importance_weights(slices, kHorizon, one.sampler.rarest_share(kHorizon));
  const auto plain = one.sampler.importance_weights(slices, kHorizon);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_NEAR(alone[i], plain[i], 1e-6);
}

TEST(PrioritisedSampling, CorrectsMoreWithEveryBatchUpToFully) {
  ReplayConfig config = config_of("prioritised");
  config.weight_exponent_increment = 0.25;
  Replay replay(config, {3, 6});
  Rng rng(1, "sampler");
  SliceBatch batch;
  for (const double beta : {0.65, 0.9, 1.0, 1.0}) {
    replay.sampler.sample(1, kHorizon, rng, batch);
    EXPECT_NEAR(replay.sampler.state().beta, beta, 1e-12);
  }
}

TEST(PrioritisedSampling, NewEpisodesGetTheHighestPrioritySoFar) {
  Replay replay(config_of("prioritised"), {3});
  EXPECT_NEAR(replay.sampler.state().priorities.at(0), std::pow(1.0 + 1e-6, 0.6), 1e-12);
  replay.sampler.update_priorities(std::vector<SliceIndex>{{0, 0}}, std::vector<float>{7.0f});
  replay.sampler.update_priorities(std::vector<SliceIndex>{{0, 0}}, std::vector<float>{0.5f});
  replay.add(3);
  EXPECT_NEAR(replay.sampler.state().priorities.at(0), std::pow(0.5 + 1e-6, 0.6), 1e-9);
  EXPECT_NEAR(replay.sampler.state().priorities.at(1), std::pow(7.0 + 2e-6, 0.6), 1e-9);
}

TEST(PrioritisedSampling, TheLaterOfTwoPrioritiesOfABatchWins) {
  Replay replay(config_of("prioritised"), {6});
  replay.sampler.update_priorities(std::vector<SliceIndex>{{0, 0}, {0, 2}},
                                   std::vector<float>{3.0f, 0.25f});
  EXPECT_NEAR(replay.sampler.state().priorities.at(0), std::pow(0.25 + 1e-6, 0.6), 1e-9);
}

TEST(PrioritisedSampling, ForgetsOverwrittenEpisodes) {
  EpisodeStore store(kObservationDim, kActionDim, 40);
  SliceSampler sampler(config_of("prioritised"), store);
  for (std::int64_t tag = 0; tag < 1000; ++tag) {
    sampler.episode_added(store.add(tagged_episode(tag, 6)));
  }
  EXPECT_LT(sampler.state().priorities.size(), 100u);
  // Priorities that come back for an episode that is gone are of no use.
  sampler.update_priorities(std::vector<SliceIndex>{{3, 0}}, std::vector<float>{9.0f});
  EXPECT_FALSE(sampler.state().priorities.contains(3));
  EXPECT_NEAR(sampler.state().max_priority, 1.0, 1e-12);
}

TEST(PrioritisedSampling, GoesOnAsBeforeFromItsState) {
  Replay replay(config_of("prioritised"), {3, 6, 9});
  Replay copy(config_of("prioritised"), {3, 6, 9});
  replay.sampler.update_priorities(std::vector<SliceIndex>{{1, 0}, {2, 0}},
                                   std::vector<float>{4.0f, 0.1f});
  SliceBatch first;
  SliceBatch second;
  Rng warm_up(2, "sampler");
  replay.sampler.sample(5, kHorizon, warm_up, first);
  copy.sampler.set_state(replay.sampler.state());
  Rng a(3, "sampler");
  Rng b(3, "sampler");
  replay.sampler.sample(50, kHorizon, a, first);
  copy.sampler.sample(50, kHorizon, b, second);
  EXPECT_EQ(first.weights, second.weights);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(first.slices[i].episode, second.slices[i].episode);
    EXPECT_EQ(first.slices[i].start, second.slices[i].start);
  }
}

// A ring that overwrites, episodes of many lengths, some too short, priorities that change: at any
// time the tree draws what one pass over all episodes draws from the same random numbers. Dyadic
// priorities make every sum exact, so that this holds to the bit on any machine.
void expect_draws_as_the_plain_form(const ReplayConfig& config) {
  EpisodeStore store(kObservationDim, kActionDim, 3000);
  SliceSampler sampler(config, store);
  Rng rng(7, "episodes");
  SliceBatch batch;
  for (std::int64_t tag = 0; tag < 1500; ++tag) {
    const auto length = static_cast<std::int64_t>(1 + rng.below(20));
    sampler.episode_added(store.add(tagged_episode(tag, length)));
    if (tag % 10 != 9) continue;
    // Two horizons by turns: counted anew each time. One in every run of 100 episodes.
    const std::int64_t horizon = tag / 100 % 2 == 0 ? kHorizon : 5;
    const Rng before = rng;
    sampler.sample(64, horizon, rng, batch);
    Rng same(before.state());
    std::vector<SliceIndex> plain;
    sampler.sample_plain(64, horizon, same, plain);
    ASSERT_EQ(rng.state(), same.state());
    for (std::size_t i = 0; i < 64; ++i) {
      ASSERT_EQ(batch.slices[i].episode, plain[i].episode) << tag << " " << i;
      ASSERT_EQ(batch.slices[i].start, plain[i].start) << tag << " " << i;
    }
    std::vector<float> priorities;
    for (int i = 0; i < 64; ++i) priorities.push_back(static_cast<float>(1 + rng.below(1000)) / 64);
    sampler.update_priorities(batch.slices, priorities);
  }
  EXPECT_GT(store.episodes().front().number, 1000);  // it did overwrite
}

TEST(SliceSampler, DrawsBySliceAsThePlainForm) {
  expect_draws_as_the_plain_form(config_of("uniform_slice"));
}

TEST(PrioritisedSampling, DrawsAsThePlainForm) {
  ReplayConfig config = config_of("prioritised");
  config.priority_exponent = 1.0;
  config.priority_epsilon = 0.0;
  expect_draws_as_the_plain_form(config);
}

// With any priorities the two differ only where a point falls within rounding of a boundary.
TEST(PrioritisedSampling, DrawsAsThePlainFormWithAnyPriorities) {
  expect_draws_as_the_plain_form(config_of("prioritised"));
}

TEST(PrioritisedSampling, WeighsAsOnePassOverAllEpisodesDoes) {
  Replay replay(config_of("prioritised"), {2, 3, 6, 9, 1});
  replay.sampler.update_priorities(std::vector<SliceIndex>{{0, 0}, {1, 0}, {2, 0}, {4, 0}},
                                   std::vector<float>{0.01f, 0.2f, 3.0f, 0.02f});
  const std::vector<SliceIndex> slices{{1, 0}, {2, 1}, {3, 5}};
  const auto weights = replay.sampler.importance_weights(slices, kHorizon);
  // Episodes 0 and 4 hold no slice: the rarest is episode 1's.
  const auto priorities = replay.sampler.state().priorities;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const double ratio = priorities.at(slices[i].episode) / priorities.at(1);
    EXPECT_NEAR(weights[i], std::pow(ratio, -0.4), 1e-6) << i;
  }
}

// What a batch of 256 slices takes to choose, in milliseconds: a median of 101.
double median_ms(const std::string& sampling, EpisodeIndex& index) {
  SliceSampler sampler(config_of(sampling), index);
  for (const auto& stored : index.episodes()) sampler.episode_added(stored.number);
  Rng rng(4, "sampler");
  SliceBatch batch;
  const std::vector<float> priorities(256, 0.5f);
  sampler.sample(256, kHorizon, rng, batch);  // counts all episodes, once
  std::vector<double> times;
  for (int i = 0; i < 101; ++i) {
    sampler.episode_added(index.add(499).number);  // the oldest goes
    const auto begin = std::chrono::steady_clock::now();
    sampler.sample(256, kHorizon, rng, batch);
    sampler.update_priorities(batch.slices, priorities);
    const auto end = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration<double, std::milli>(end - begin).count());
  }
  std::nth_element(times.begin(), times.begin() + 50, times.end());
  return times[50];
}

TEST(SliceSampler, ChoosesABatchWithinAMillisecondAtAnySize) {
  for (const std::int64_t num_rows : {std::int64_t{10'000}, std::int64_t{345'000'000}}) {
    EpisodeIndex index(num_rows);
    while (index.num_rows() + 500 <= num_rows) index.add(499);
    for (const char* sampling : {"uniform_episode", "uniform_slice", "prioritised"}) {
      const double ms = median_ms(sampling, index);
      RecordProperty(fmt::format("{}_{}_rows", sampling, num_rows), fmt::format("{:.3f} ms", ms));
      EXPECT_LT(ms, 1.0) << sampling << " out of " << num_rows;
    }
  }
}

}  // namespace
}  // namespace foresight
