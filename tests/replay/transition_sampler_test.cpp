#include "replay/transition_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "replay/episodes.h"

namespace foresight {
namespace {

constexpr double kDiscount = 0.5;

struct Replay {
  explicit Replay(const TransitionReplayConfig& config)
      : store(kObservationDim, kActionDim, config.capacity), sampler(config, kDiscount, store) {}
  void add(std::int64_t tag, std::int64_t num_steps) {
    store.add(tagged_episode(tag, num_steps));
    sampler.episode_added();
  }
  EpisodeStore store;
  TransitionSampler sampler;
};

TransitionReplayConfig config_of(const std::string& sampling, std::int64_t n_step = 1,
                                 std::int64_t capacity = 100) {
  TransitionReplayConfig config;
  config.capacity = capacity;
  config.sampling = sampling;
  config.n_step = n_step;
  return config;
}

// The step (episode tag, index) that a drawn row is.
std::pair<int, int> step_of(const TransitionBatch& batch, std::size_t b) {
  return {static_cast<int>(batch.observations[2 * b]),
          static_cast<int>(batch.observations[2 * b + 1])};
}

TEST(TransitionSampler, GivesStepsAsTheyWerePlayed) {
  Replay replay(config_of("uniform"));
  replay.add(1, 3);
  replay.add(2, 2);
  Rng rng(1, "draws");
  TransitionBatch batch;
  replay.sampler.sample(64, rng, batch);
  for (std::size_t b = 0; b < 64; ++b) {
    const auto [tag, i] = step_of(batch, b);
    const bool is_last = i + 1 == (tag == 1 ? 3 : 2);
    EXPECT_EQ(batch.actions[b], static_cast<float>(100 * tag + i));
    EXPECT_EQ(batch.rewards[b], static_cast<float>(1000 * tag + i));
    EXPECT_EQ(batch.observations[2 * (64 + b) + 1], static_cast<float>(i + 1));
    EXPECT_EQ(batch.bootstrap[b], is_last ? 0.0f : 0.5f);
  }
  EXPECT_TRUE(batch.weights.empty());
}

TEST(TransitionSampler, DrawsEveryStepAlike) {
  Replay replay(config_of("uniform"));
  replay.add(1, 1);
  replay.add(2, 9);
  Rng rng(1, "draws");
  TransitionBatch batch;
  std::map<std::pair<int, int>, int> counts;
  replay.sampler.sample(20'000, rng, batch);
  for (std::size_t b = 0; b < 20'000; ++b) ++counts[step_of(batch, b)];
  EXPECT_EQ(counts.size(), 10u);
  for (const auto& [step, count] : counts) EXPECT_NEAR(count, 2000, 200);
}

TEST(TransitionSampler, SumsRewardsOverNStepsAndStopsAtTheEnd) {
  Replay replay(config_of("uniform", /*n_step=*/3));
  Episode cut = tagged_episode(0, 4);  // rewards 0 1 2 3
  cut.terminated.back() = 0.0f;        // the clock ended it
  replay.store.add(cut);
  replay.add(1, 2);  // rewards 1000, 1001; ends at a terminal step
  Rng rng(1, "draws");
  TransitionBatch batch;
  replay.sampler.sample(100, rng, batch);
  const std::map<std::pair<int, int>, std::vector<float>> expected{
      // reward, bootstrap, index of the observation behind
      {{0, 0}, {0 + 0.5f * 1 + 0.25f * 2, 0.125f, 3}},
      {{0, 1}, {1 + 0.5f * 2 + 0.25f * 3, 0.125f, 4}},
      {{0, 2}, {2 + 0.5f * 3, 0.25f, 4}},
      {{0, 3}, {3, 0.5f, 4}},
      {{1, 0}, {1000 + 0.5f * 1001, 0, 2}},
      {{1, 1}, {1001, 0, 2}}};
  for (std::size_t b = 0; b < 100; ++b) {
    EXPECT_EQ((std::vector<float>{batch.rewards[b], batch.bootstrap[b],
                                  batch.observations[2 * (100 + b) + 1]}),
              expected.at(step_of(batch, b)));
  }
}

TEST(TransitionSampler, DrawsInProportionToPrioritiesAndWeighsAgainst) {
  auto config = config_of("prioritised");
  config.priority_exponent = 1.0;
  config.weight_exponent = 1.0;
  config.priority_epsilon = 0.0;
  Replay replay(config);
  replay.add(1, 4);
  replay.sampler.update_priorities(std::vector<std::int64_t>{1, 2, 3, 4},
                                   std::vector<float>{1, -2, 3, 4});
  Rng rng(1, "draws");
  TransitionBatch batch;
  replay.sampler.sample(10'000, rng, batch);
  std::map<std::int64_t, int> counts;
  for (const std::int64_t row : batch.rows) ++counts[row];
  for (std::int64_t row = 1; row <= 4; ++row) EXPECT_NEAR(counts[row], 1000 * row, 1);
  for (std::size_t b = 0; b < batch.rows.size(); ++b) {
    EXPECT_NEAR(batch.weights[b], 1.0 / static_cast<double>(batch.rows[b]), 1e-6);
  }
}

// A batch of several replays draws each step with p / (R sum of its replay): the same as if one
// replay held all of them with those probabilities.
TEST(TransitionSampler, WeighsStepsOfSeveralReplaysByTheirShares) {
  auto config = config_of("prioritised");
  config.priority_exponent = 1.0;
  config.weight_exponent = 0.5;
  config.weight_exponent_increment = 0.0;
  config.priority_epsilon = 0.0;
  Replay small(config);
  small.add(1, 2);
  small.sampler.update_priorities(std::vector<std::int64_t>{1, 2}, std::vector<float>{1, 3});
  Replay large(config);
  large.add(2, 3);
  large.sampler.update_priorities(std::vector<std::int64_t>{1, 2, 3}, std::vector<float>{2, 4, 4});
  TransitionBatch of_small, of_large;
  Rng rng(1, "draws");
  small.sampler.sample(40, rng, of_small);
  large.sampler.sample(40, rng, of_large);
  EXPECT_EQ(small.sampler.rarest_share(of_small.rows), 1.0 / 4);
  const double rarest = large.sampler.rarest_share(of_large.rows);
  EXPECT_EQ(rarest, 2.0 / 10);
  small.sampler.weigh(rarest, of_small);
  large.sampler.weigh(rarest, of_large);
  const std::vector<double> shares[] = {{0, 1.0 / 4, 3.0 / 4}, {0, 0.2, 0.4, 0.4}};
  for (std::size_t b = 0; b < 40; ++b) {
    const auto row = [&](const TransitionBatch& batch) {
      return static_cast<std::size_t>(batch.rows[b]);
    };
    EXPECT_NEAR(of_small.weights[b], std::sqrt(0.2 / shares[0][row(of_small)]), 1e-6);
    EXPECT_NEAR(of_large.weights[b], std::sqrt(0.2 / shares[1][row(of_large)]), 1e-6);
  }
}

TEST(TransitionSampler, OneReplayAmongRanksWeighsAsOneAlone) {
  Replay replay(config_of("prioritised"));
  replay.add(1, 4);
  replay.sampler.update_priorities(std::vector<std::int64_t>{1, 2, 3, 4},
                                   std::vector<float>{1, 2, 3, 4});
  TransitionBatch batch;
  Rng rng(1, "draws");
  replay.sampler.sample(30, rng, batch);
  const std::vector<float> alone = batch.weights;
  replay.sampler.weigh(replay.sampler.rarest_share(batch.rows), batch);
  for (std::size_t b = 0; b < alone.size(); ++b) EXPECT_NEAR(batch.weights[b], alone[b], 1e-6);
}

TEST(TransitionSampler, NewStepsGetTheHighestPriorityOfAllReplays) {
  Replay replay(config_of("prioritised"));
  replay.sampler.raise_max_priority(5.0);
  replay.sampler.raise_max_priority(3.0);
  EXPECT_EQ(replay.sampler.max_priority(), 5.0);
  replay.add(1, 1);
  EXPECT_NEAR(replay.sampler.state().priorities[1], std::pow(5.0, 0.6), 1e-5);
}

TEST(TransitionSampler, NewStepsGetTheHighestPrioritySoFar) {
  Replay replay(config_of("prioritised"));
  replay.add(1, 2);
  replay.sampler.update_priorities(std::vector<std::int64_t>{1, 2}, std::vector<float>{7, 0.1f});
  replay.add(2, 1);
  const auto state = replay.sampler.state();  // rows: first, 7, 0.1, first, new
  EXPECT_EQ(state.priorities[0], 0.0);
  EXPECT_EQ(state.priorities[3], 0.0);
  EXPECT_NEAR(state.priorities[4], state.priorities[1], 1e-5);
}

TEST(TransitionSampler, NeverDrawsWhatWasOverwritten) {
  for (const char* sampling : {"uniform", "prioritised"}) {
    Replay replay(config_of(sampling, /*n_step=*/2, /*capacity=*/11));
    Rng rng(1, "draws");
    TransitionBatch batch;
    for (std::int64_t tag = 1; tag < 60; ++tag) {
      replay.add(tag, 1 + tag % 5);
      replay.sampler.sample(50, rng, batch);
      for (std::size_t b = 0; b < 50; ++b) {
        const auto [episode, i] = step_of(batch, b);
        EXPECT_EQ(batch.actions[b], static_cast<float>(100 * episode + i)) << sampling;
        EXPECT_GT(episode, tag - 11);
      }
    }
  }
}

// The store of a resumed run lies elsewhere in its ring.
TEST(TransitionSampler, GoesOnFromItsStateBitForBit) {
  const auto config = config_of("prioritised", /*n_step=*/2, /*capacity=*/23);
  Replay original(config);
  Rng rng(1, "draws");
  TransitionBatch batch;
  const auto learn = [&](Replay& replay) {
    replay.sampler.sample(8, rng, batch);
    std::vector<float> errors(8);
    rng.fill_normal(errors);
    replay.sampler.update_priorities(batch.rows, errors);
    return std::pair{batch.observations, batch.weights};
  };
  for (std::int64_t tag = 1; tag < 30; ++tag) {
    original.add(tag, 1 + tag % 4);
    learn(original);
  }
  Replay resumed(config);
  resumed.store.begin_at(original.store.episodes().front().number);
  const auto front = original.store.episodes().front();
  for (std::int64_t i = 0; i < std::ssize(original.store.episodes()); ++i) {
    const std::int64_t tag = original.store.episodes()[static_cast<std::size_t>(i)].number + 1;
    resumed.store.add(tagged_episode(tag, 1 + tag % 4));  // whole, as the log has it
  }
  ASSERT_EQ(resumed.store.num_rows(), original.store.num_rows());
  ASSERT_NE(resumed.store.episodes().front().first_row, front.first_row);
  resumed.sampler.set_state(original.sampler.state());
  const RngState here = rng.state();
  std::vector<std::pair<std::vector<float>, std::vector<float>>> drawn[2];
  for (Replay* replay : {&original, &resumed}) {
    rng.set_state(here);
    for (std::int64_t tag = 30; tag < 50; ++tag) {
      drawn[replay == &resumed].push_back(learn(*replay));
      replay->add(tag, 1 + tag % 4);
    }
  }
  EXPECT_EQ(drawn[0], drawn[1]);
}

TEST(TransitionSampler, RefusesToDrawFromNothing) {
  Replay replay(config_of("uniform"));
  Rng rng(1, "draws");
  TransitionBatch batch;
  EXPECT_FALSE(replay.sampler.can_sample());
  EXPECT_THROW(replay.sampler.sample(1, rng, batch), ContractViolation);
}

}  // namespace
}  // namespace foresight
