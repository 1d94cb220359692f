// SAC on several ranks: with a share of the batch each they learn what one learns from all of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "agent/rank_files.h"
#include "agent/sac/agent_files.h"
#include "agent/tiny_sac.h"
#include "cluster/rank_threads.h"
#include "io/scratch_folder.h"
#include "replay/episodes.h"

namespace foresight {
namespace {

constexpr std::int64_t kBatch = 24;

struct Inputs {
  TransitionBatch batch;
  std::vector<float> eps;  // [2, B, A]
};

Inputs random_inputs(bool is_weighted) {
  const EnvSpec env = tiny_env();
  Rng rng(5, "batch");
  Inputs inputs;
  TransitionBatch& batch = inputs.batch;
  batch.observations.resize(static_cast<std::size_t>(2 * kBatch * env.observation_dim));
  batch.actions.resize(static_cast<std::size_t>(kBatch * env.action_dim));
  batch.rewards.resize(kBatch);
  inputs.eps.resize(2 * batch.actions.size());
  for (auto* values : {&batch.observations, &batch.rewards, &inputs.eps}) rng.fill_normal(*values);
  for (float& action : batch.actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
  for (std::int64_t b = 0; b < kBatch; ++b) batch.bootstrap.push_back(b % 5 == 0 ? 0.0f : 0.97f);
  if (is_weighted) {
    batch.weights.resize(kBatch);
    rng.fill_uniform(batch.weights);
  }
  return inputs;
}

// This rank's of `parts` behind each other, each [B, width].
std::vector<float> rows(const std::vector<float>& all, std::int64_t parts, const Ranks& ranks) {
  std::vector<float> share;
  const std::int64_t part = std::ssize(all) / parts;
  const std::int64_t count = part / ranks.size();
  for (std::int64_t i = 0; i < parts; ++i) {
    const auto begin = all.begin() + i * part + ranks.rank() * count;
    share.insert(share.end(), begin, begin + count);
  }
  return share;
}

Inputs share_of(const Inputs& whole, const Ranks& ranks) {
  return {.batch = {.observations = rows(whole.batch.observations, 2, ranks),
                    .actions = rows(whole.batch.actions, 1, ranks),
                    .rewards = rows(whole.batch.rewards, 1, ranks),
                    .bootstrap = rows(whole.batch.bootstrap, 1, ranks),
                    .weights = rows(whole.batch.weights, 1, ranks),
                    .rows = {}},
          .eps = rows(whole.eps, 2, ranks)};
}

// What two updates saw and left.
struct Outcome {
  Tensor critic_gradient, actor_gradient, temperature_gradient, weights;
  double critic_loss = 0.0;
};

Outcome update(SacLearner& learner, const Inputs& inputs) {
  Outcome outcome;
  learner.update(inputs.batch, inputs.eps);
  outcome.critic_gradient = learner.critics().online().flat_gradient().clone();
  outcome.actor_gradient = learner.actor_parameters().flat_gradient().clone();
  outcome.temperature_gradient = learner.temperature_parameters().flat_gradient().clone();
  outcome.critic_loss = learner.update(inputs.batch, inputs.eps).critic_loss;
  outcome.weights =
      torch::cat({learner.critics().online().flat(), learner.critics().target().flat(),
                  learner.actor_parameters().flat(), learner.temperature_parameters().flat()})
          .clone();
  return outcome;
}

void expect_same_as_one(const SacLearnerConfig& config, const Inputs& inputs) {
  SacLearner one(config, tiny_env(), 1);
  const Outcome expected = update(one, inputs);
  for (const int size : {2, 4}) {
    std::vector<Outcome> found(static_cast<std::size_t>(size));
    on_ranks(size, [&](Ranks& ranks) {
      SacLearner learner(config, tiny_env(), 1);
      learner.join(ranks);
      found[static_cast<std::size_t>(ranks.rank())] = update(learner, share_of(inputs, ranks));
    });
    double critic_loss = 0.0;
    for (const Outcome& outcome : found) {
      EXPECT_LT(relative_error(outcome.critic_gradient, expected.critic_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.actor_gradient, expected.actor_gradient), 1e-6) << size;
      EXPECT_LT(relative_error(outcome.temperature_gradient, expected.temperature_gradient), 1e-6)
          << size;
      EXPECT_LT(relative_error(outcome.weights, expected.weights), 1e-6) << size;
      EXPECT_TRUE(has_same_bits(outcome.weights, found[0].weights)) << size;
      critic_loss += outcome.critic_loss / size;
    }
    EXPECT_NEAR(critic_loss, expected.critic_loss, 1e-6 * expected.critic_loss) << size;
  }
}

TEST(SacRanks, TwoAndFourLearnWhatOneLearns) {
  expect_same_as_one(tiny_sac().learner, random_inputs(/*is_weighted=*/false));
}

TEST(SacRanks, TheyLearnWhatOneLearnsFromWeightedStepsWithCutGradients) {
  SacLearnerConfig config = tiny_sac().learner;
  config.grad_clip_norm = 0.1;
  expect_same_as_one(config, random_inputs(/*is_weighted=*/true));
}

SacConfig prioritised() {
  SacConfig config = tiny_sac();
  config.replay.sampling = "prioritised";
  return config;
}

TEST(SacRanks, AgentsWithGamesOfTheirOwnKeepTheSameWeights) {
  for (const int size : {2, 4}) {
    expect_same_weights<SacAgent>(size, prioritised(), tiny_env(), /*num_updates=*/5,
                                  [](Agent& agent, Rng& rng) { feed(agent, 4, 10, rng); });
  }
}

// All priorities of a rank are alike at first, so the weight of its steps is that of the rank: the
// fewer steps it has, the more often each is drawn.
TEST(SacRanks, StepsOfASmallReplayAreDrawnMoreOftenAndWeighLess) {
  constexpr std::int64_t kEpisodes[] = {2, 6};
  const auto loss_of = [&](std::int64_t num_episodes, Ranks* ranks) {
    SacAgent agent(prioritised(), tiny_env(), 1);
    if (ranks != nullptr) agent.join(*ranks, 0);
    Rng rng(7, "games");
    feed(agent, num_episodes, 10, rng);
    return agent.update().front().second;
  };
  double losses[2];
  on_ranks(2,
           [&](Ranks& ranks) { losses[ranks.rank()] = loss_of(kEpisodes[ranks.rank()], &ranks); });
  const double beta = prioritised().replay.weight_exponent;
  EXPECT_NEAR(losses[0] / loss_of(kEpisodes[0], nullptr), std::pow(3.0, -beta), 1e-4);
  EXPECT_NEAR(losses[1] / loss_of(kEpisodes[1], nullptr), 1.0, 1e-6);
}

using SacRankFiles = ScratchFolder;

TEST_F(SacRankFiles, GoOnBitForBitAndNewStepsBeginWithTheLargestPriorityOfAll) {
  std::vector<double> expected[2], found[2], priorities[2];
  on_ranks(2, [&](Ranks& ranks) {
    const int rank = ranks.rank();
    Rng rng(static_cast<std::uint64_t>(rank), "games");
    SacAgent original(prioritised(), tiny_env(), 1);
    original.join(ranks, static_cast<std::uint64_t>(rank));
    feed(original, 4, 10, rng);
    for (int i = 0; i < 3; ++i) original.update();
    original.save(place_of(folder_, rank, Part::kToWrite));
    wait_for_all(ranks);
    priorities[rank] = read_doubles(
        SafetensorsFile::open(place_of(folder_, rank, Part::kToRead).folder / "replay.safetensors"),
        "sampler", 2);
    SacAgent resumed(prioritised(), tiny_env(), 1);
    resumed.join(ranks, static_cast<std::uint64_t>(rank));
    resumed.load(place_of(folder_, rank, Part::kToRead));
    expected[rank] = numbers_of(original.update());
    found[rank] = numbers_of(resumed.update());
  });
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(found[rank], expected[rank]) << rank;
    EXPECT_EQ(priorities[rank], priorities[0]) << rank;
    EXPECT_GT(priorities[rank][1], 1.0);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "rank1" / "model.safetensors"));
}

struct Replay {
  explicit Replay(std::int64_t capacity, const std::string& sampling = "prioritised")
      : config{.capacity = capacity, .sampling = sampling},
        store(kObservationDim, kActionDim, capacity),
        sampler(config, 0.9, store) {}

  // Episodes of 4 and 5 steps, whose steps have their reward as priority.
  void fill(std::int64_t first_tag, std::int64_t num_episodes) {
    for (std::int64_t tag = first_tag; tag < first_tag + num_episodes; ++tag) {
      store.add(tagged_episode(tag, 4 + tag % 2));
      sampler.episode_added();
    }
    auto state = sampler.state();
    const std::int64_t first = store.episodes().front().first_row;
    for (std::size_t i = 1; i < state.priorities.size(); ++i) {
      double& priority = state.priorities[i];
      if (priority > 0.0) priority = store.reward(first + static_cast<std::int64_t>(i));
    }
    state.max_priority = 1000.0 * static_cast<double>(first_tag);
    sampler.set_state(state);
  }

  // Which steps can be drawn, by their reward.
  std::vector<double> drawable() const {
    std::vector<double> rewards;
    const auto state = sampler.state();
    const std::int64_t first = store.episodes().front().first_row;
    for (std::size_t i = 0; i < state.priorities.size(); ++i) {
      if (state.priorities[i] == 0.0) continue;
      rewards.push_back(store.reward(first + static_cast<std::int64_t>(i)));
      EXPECT_EQ(state.priorities[i], rewards.back());
    }
    return rewards;
  }

  TransitionReplayConfig config;
  EpisodeStore store;
  TransitionSampler sampler;
  EpisodeRecorder recorder;
};

// Two replays that have overflowed, so that each has forgotten the beginning of its oldest episode.
std::vector<CheckpointPlace> write_shards(const std::filesystem::path& folder,
                                          std::vector<double>& drawable) {
  std::vector<CheckpointPlace> shards;
  for (int rank = 0; rank < 2; ++rank) {
    Replay replay(25);
    replay.fill(1 + 10 * rank, 6 + rank);
    shards.push_back(place_of(folder, rank, Part::kToRead));
    std::optional<EpisodeLog> log;
    write_replay({replay.store, replay.recorder, log_in(shards.back().lasting, replay.store, log)},
                 replay.sampler, shards.back());
    const auto rewards = replay.drawable();
    drawable.insert(drawable.end(), rewards.begin(), rewards.end());
  }
  std::ranges::sort(drawable);
  return shards;
}

TEST_F(SacRankFiles, PrioritiesGoWithTheirStepsToAnotherNumber) {
  std::vector<double> expected;
  const auto shards = write_shards(folder_, expected);
  std::vector<double> found;
  for (const int size : {1, 3}) {
    std::vector<std::vector<double>> parts(static_cast<std::size_t>(size));
    on_ranks(size, [&](Ranks& ranks) {
      Replay replay(100);
      read_replay_shards(shards, ranks, replay.store, replay.sampler);
      EXPECT_EQ(replay.sampler.max_priority(), 11000.0);
      parts[static_cast<std::size_t>(ranks.rank())] = replay.drawable();
    });
    found.clear();
    for (const auto& part : parts) {
      EXPECT_FALSE(part.empty());
      found.insert(found.end(), part.begin(), part.end());
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, expected) << size;
  }
}

TEST_F(SacRankFiles, TheNewestStepsStayWhereTheReplayIsSmaller) {
  std::vector<double> all;
  const auto shards = write_shards(folder_, all);
  SingleRank alone;
  Replay replay(12);
  read_replay_shards(shards, alone, replay.store, replay.sampler);
  const auto kept = replay.drawable();
  EXPECT_EQ(std::ranges::count(kept, 6004.0), 0);   // an episode of 4 steps: its end is 6003
  EXPECT_EQ(std::ranges::count(kept, 6003.0), 1);   // the newest of one
  EXPECT_EQ(std::ranges::count(kept, 17004.0), 1);  // and of the other
  TransitionBatch batch;
  Rng rng(1, "draws");
  replay.sampler.sample(200, rng, batch);
  for (const float reward : batch.rewards) EXPECT_EQ(std::ranges::count(kept, reward), 1) << reward;
}

TEST_F(SacRankFiles, AReplayThatDrawsUniformlyHasNoPrioritiesToShareOut) {
  std::vector<CheckpointPlace> shards;
  for (int rank = 0; rank < 2; ++rank) {
    Replay replay(50, "uniform");
    replay.store.add(tagged_episode(rank, 5));
    shards.push_back(place_of(folder_, rank, Part::kToRead));
    std::optional<EpisodeLog> log;
    write_replay({replay.store, replay.recorder, log_in(shards.back().lasting, replay.store, log)},
                 replay.sampler, shards.back());
  }
  SingleRank alone;
  for (const char* sampling : {"uniform", "prioritised"}) {
    Replay replay(50, sampling);
    read_replay_shards(shards, alone, replay.store, replay.sampler);
    TransitionBatch batch;
    Rng rng(1, "draws");
    replay.sampler.sample(200, rng, batch);
    EXPECT_GE(std::ranges::max(batch.rewards), 1000.0f) << sampling;  // of both
    EXPECT_LT(std::ranges::min(batch.rewards), 1000.0f) << sampling;
  }
}

TEST_F(SacRankFiles, AnAgentGoesOnFromTwoRanks) {
  std::vector<std::uint32_t> sums(2);
  on_ranks(2, [&](Ranks& ranks) {
    const int rank = ranks.rank();
    SacAgent agent(prioritised(), tiny_env(), 1);
    agent.join(ranks, static_cast<std::uint64_t>(rank));
    Rng rng(static_cast<std::uint64_t>(rank), "games");
    feed(agent, 4, 10, rng);
    agent.update();
    agent.save(place_of(folder_, rank, Part::kToWrite));
    sums[static_cast<std::size_t>(rank)] = agent.weights_checksum();
  });
  SacAgent alone(prioritised(), tiny_env(), 2);
  alone.load_shards({place_of(folder_, 0, Part::kToRead), place_of(folder_, 1, Part::kToRead)});
  EXPECT_EQ(alone.weights_checksum(), sums[0]);
  EXPECT_TRUE(alone.can_update());
  for (const double number : numbers_of(alone.update())) EXPECT_TRUE(std::isfinite(number));
}

}  // namespace
}  // namespace foresight
