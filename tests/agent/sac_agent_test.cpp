#include "agent/sac/sac_agent.h"

#include <gtest/gtest.h>

#include <cmath>

#include "agent/tiny_sac.h"
#include "base/error.h"
#include "io/scratch_folder.h"
#include "nn/compute_team.h"

namespace foresight {
namespace {

using SacAgentFiles = ScratchFolder;

std::vector<double> updates(Agent& agent, int count) {
  std::vector<double> numbers;
  for (int i = 0; i < count; ++i) {
    for (const auto& [name, value] : agent.update()) numbers.push_back(value);
  }
  return numbers;
}

std::vector<SacConfig> variants() {
  SacConfig prioritised = tiny_sac();
  prioritised.replay.sampling = "prioritised";
  prioritised.replay.n_step = 3;
  SacConfig pink = tiny_sac();
  pink.exploration.noise_exponent = 1.0;
  return {tiny_sac(), prioritised, pink};
}

TEST_F(SacAgentFiles, GoOnBitForBitAlsoAfterTheReplayHasOverflowed) {
  for (const SacConfig& config : variants()) {
    Rng rng(4, "episodes");
    SacAgent original(config, tiny_env(), 1);
    for (int i = 0; i < 9; ++i) {
      feed(original, 1, 13 + i % 5, rng);
      updates(original, 2);
    }
    const auto actor = original.make_actor({.num_games = 3, .explore = true, .seed = 5});
    act_once(*actor, 3);
    original.save(CheckpointPlace(folder_));
    actor->save(folder_, "actor");

    SacAgent resumed(config, tiny_env(), 2);
    resumed.load(CheckpointPlace(folder_));
    const auto other = resumed.make_actor({.num_games = 3, .explore = true, .seed = 6});
    other->load(folder_, "actor");
    Rng again(rng.state());
    for (int i = 0; i < 4; ++i) {
      feed(original, 1, 11 + i, rng);
      feed(resumed, 1, 11 + i, again);
      EXPECT_EQ(updates(resumed, 2), updates(original, 2)) << config.replay.sampling << i;
      EXPECT_EQ(act_once(*other, 3, false), act_once(*actor, 3, false)) << config.replay.sampling;
    }
  }
}

TEST_F(SacAgentFiles, ARunMayBeginOrStopToPrioritise) {
  for (const char* before : {"uniform", "prioritised"}) {
    SacConfig config = tiny_sac();
    config.replay.sampling = before;
    SacAgent original(config, tiny_env(), 1);
    Rng rng(4, "episodes");
    feed(original, 9, 15, rng);
    updates(original, 2);
    original.save(CheckpointPlace(folder_));
    config.replay.sampling = config.replay.sampling == "uniform" ? "prioritised" : "uniform";
    SacAgent changed(config, tiny_env(), 1);
    changed.load(CheckpointPlace(folder_));
    for (const double number : updates(changed, 3)) EXPECT_TRUE(std::isfinite(number));
  }
}

TEST_F(SacAgentFiles, AResumedRunMayRememberMoreOrLess) {
  for (const std::int64_t capacity : {60, 400}) {
    SacConfig config = tiny_sac();
    config.replay.sampling = "prioritised";
    SacAgent original(config, tiny_env(), 1);
    Rng rng(4, "episodes");
    feed(original, 12, 15, rng);  // more than fits
    updates(original, 2);
    original.save(CheckpointPlace(folder_));
    config.replay.capacity = capacity;
    SacAgent changed(config, tiny_env(), 1);
    changed.load(CheckpointPlace(folder_));
    feed(changed, 3, 15, rng);
    for (const double number : updates(changed, 3)) EXPECT_TRUE(std::isfinite(number));
  }
}

TEST(SacAgent, ThreadsDoNotChangeAnyBit) {
  std::vector<double> numbers[2];
  for (const int threads : {1, 2}) {
    set_team_threads(threads);
    Rng rng(4, "episodes");
    SacConfig config = tiny_sac();
    config.learner.hidden = {64, 64};
    config.learner.batch_size = 200;
    SacAgent agent(config, tiny_env(), 1);
    feed(agent, 5, 15, rng);
    numbers[threads - 1] = updates(agent, 5);
  }
  EXPECT_EQ(numbers[0], numbers[1]);
}

// The deviation of what the policy explores with, from the first step to the next ones: pink noise
// stays near what it was.
double correlation(double exponent) {
  SacConfig config = tiny_sac();
  config.exploration.noise_exponent = exponent;
  SacAgent agent(config, tiny_env(), 1);
  constexpr std::int64_t kGames = 2000;
  const auto actor = agent.make_actor({.num_games = kGames, .explore = true, .seed = 5});
  const std::vector<float> observations(
      static_cast<std::size_t>(kGames * tiny_env().observation_dim));
  std::vector<float> first(static_cast<std::size_t>(kGames * tiny_env().action_dim));
  std::vector<float> second(first.size());
  actor->act(observations, std::vector<std::uint8_t>(kGames, 1), first);
  actor->act(observations, std::vector<std::uint8_t>(kGames, 0), second);
  double xy = 0, xx = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const double x = std::atanh(std::clamp(first[i], -0.999f, 0.999f));
    xy += x * std::atanh(std::clamp(second[i], -0.999f, 0.999f));
    xx += x * x;
  }
  return xy / xx;
}

TEST(SacAgent, ExploresWithTheNoiseThatWasAskedFor) {
  EXPECT_NEAR(correlation(0.0), 0.0, 0.1);
  EXPECT_GT(correlation(1.0), 0.4);
}

TEST(SacAgent, NoiseSequencesLastAsLongAsTheyAreToldAndBeginAnew) {
  SacConfig config = tiny_sac();
  config.exploration.noise_exponent = 1.0;
  config.exploration.noise_length = 4;
  SacAgent agent(config, tiny_env(), 1);
  const auto actor = agent.make_actor({.num_games = 2, .explore = true, .seed = 5});
  std::vector<std::vector<float>> seen;
  for (int i = 0; i < 9; ++i) seen.push_back(act_once(*actor, 2, /*is_first=*/false));
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_NE(seen[i], seen[0]) << i;
}

TEST(SacAgent, PlaysItsMeanWithoutExploration) {
  SacAgent agent(tiny_sac(), tiny_env(), 1);
  const auto one = agent.make_actor({.num_games = 2, .seed = 5});
  const auto other = agent.make_actor({.num_games = 2, .seed = 6});
  EXPECT_EQ(act_once(*one, 2), act_once(*other, 2));
  EXPECT_EQ(act_once(*one, 2), act_once(*one, 2, false));
}

TEST(SacAgent, AnActorSeesNewWeights) {
  Rng rng(4, "episodes");
  SacAgent agent(tiny_sac(), tiny_env(), 1);
  feed(agent, 3, 15, rng);
  const auto actor = agent.make_actor({.num_games = 2, .seed = 5});
  const auto before = act_once(*actor, 2);
  agent.update();
  EXPECT_NE(act_once(*actor, 2), before);
}

TEST(SacConfig, RefusesWhatCannotWork) {
  const auto problems_of = [](auto change) {
    SacConfig config = tiny_sac();
    change(config);
    ConfigProblems problems;
    config.validate(tiny_env(), problems);
    return problems.lines;
  };
  EXPECT_TRUE(problems_of([](SacConfig&) {}).empty());
  EXPECT_EQ(problems_of([](SacConfig& c) { c.learner.hidden.clear(); }).size(), 1u);
  EXPECT_EQ(problems_of([](SacConfig& c) { c.learner.log_std_min = 3.0; }).size(), 1u);
  EXPECT_EQ(problems_of([](SacConfig& c) { c.replay.capacity = 20; }).size(), 1u);
  EXPECT_EQ(problems_of([](SacConfig& c) { c.exploration.noise_length = 1; }).size(), 1u);
}

}  // namespace
}  // namespace foresight
