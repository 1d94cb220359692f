#include "agent/tdmpc2/tdmpc2_config.h"

#include <gtest/gtest.h>

#include "agent/tiny_agents.h"

namespace foresight {
namespace {

EnvSpec long_env(std::int64_t max_episode_steps) {
  EnvSpec env = tiny_env();
  env.max_episode_steps = max_episode_steps;
  return env;
}

std::vector<std::string> problems_of(const Tdmpc2Config& config, const EnvSpec& env = tiny_env()) {
  ConfigProblems problems;
  config.validate(env, problems);
  return problems.lines;
}

// Exactly one complaint, and it names the keys.
void expect_problem(const Tdmpc2Config& config, const std::vector<std::string>& words,
                    const EnvSpec& env = tiny_env()) {
  const auto lines = problems_of(config, env);
  ASSERT_EQ(lines.size(), 1u) << "about " << words.front();
  for (const std::string& word : words) {
    EXPECT_NE(lines[0].find(word), std::string::npos) << lines[0] << "\n  lacks: " << word;
  }
}

TEST(Tdmpc2Config, DefaultsFitAnEnvironmentWithoutTerminalStates) {
  EXPECT_EQ(problems_of({}), std::vector<std::string>{});
  EXPECT_EQ(problems_of(tiny_config()), std::vector<std::string>{});
}

TEST(Tdmpc2Config, RefusesAnEnvironmentOfDiscreteActions) {
  EnvSpec env = tiny_env();
  env.num_discrete_actions = env.action_dim;
  expect_problem(tiny_config(), {"choosing one of", "an agent for discrete ones"}, env);
}

EnvSpec tiny_duel() {
  EnvSpec env = tiny_env();
  env.num_players = 2;
  return env;
}

TEST(Tdmpc2Config, ClonedOpponentsNeedAnOtherSide) {
  Tdmpc2Config config = tiny_config();
  config.opponent_cloning.opponents = {{"weak"}, {"strong"}};
  EXPECT_EQ(problems_of(config, tiny_duel()), std::vector<std::string>{});
  expect_problem(config, {"agent.opponent_cloning.opponents", "toy has one player"});
}

TEST(Tdmpc2Config, ClonedOpponentsHaveDifferentNames) {
  Tdmpc2Config config = tiny_config();
  config.opponent_cloning.opponents = {{"weak"}, {"strong"}, {"weak"}};
  expect_problem(config, {"agent.opponent_cloning.opponents", "\"weak\" twice"}, tiny_duel());
  config.opponent_cloning.opponents = {{""}};
  expect_problem(config, {"agent.opponent_cloning.opponents", "needs a name"}, tiny_duel());
}

TEST(Tdmpc2Config, EveryClonedOpponentNeedsSamplesAndAnElite) {
  Tdmpc2Config config = tiny_config();
  config.opponent_cloning.opponents = {{"a"}, {"b"}, {"c"}};
  config.planner.num_elites = 2;
  expect_problem(config, {"agent.planner.num_samples = 24", "num_elites = 2", "3 cloned"},
                 tiny_duel());
}

TEST(Tdmpc2Config, LatentMustBeWholeSimNormGroups) {
  Tdmpc2Config config = tiny_config();
  config.model.simnorm_dim = 5;
  expect_problem(config, {"agent.model.latent_dim = 16", "agent.model.simnorm_dim = 5"});
}

TEST(Tdmpc2Config, ElitesAndProposalsMustBeFewerThanSamples) {
  Tdmpc2Config config = tiny_config();
  config.planner.num_elites = 25;
  expect_problem(config, {"agent.planner.num_elites = 25", "agent.planner.num_samples = 24"});
  config = tiny_config();
  config.planner.num_policy_samples = 24;
  expect_problem(config, {"agent.planner.num_policy_samples = 24", "num_samples = 24"});
}

TEST(Tdmpc2Config, BoundsMustBeInOrder) {
  Tdmpc2Config config = tiny_config();
  config.planner.min_std = 3.0;
  expect_problem(config, {"agent.planner.min_std = 3", "agent.planner.max_std = 2"});
  config = tiny_config();
  config.model.vmin = 10.0;
  expect_problem(config, {"agent.model.vmin = 10", "vmax = 10"});
  config = tiny_config();
  config.model.log_std_min = 2.0;
  expect_problem(config, {"agent.model.log_std_min = 2", "log_std_max = 2"});
  config = tiny_config();
  config.discount_min = 0.999;
  expect_problem(config, {"agent.discount_min = 0.999", "agent.discount_max = 0.995"});
  config.discount = 0.9;  // the bounds are not used then
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
}

TEST(Tdmpc2Config, QAndPolicyNeedAHiddenLayer) {
  Tdmpc2Config config = tiny_config();
  config.model.q_hidden.clear();
  expect_problem(config, {"agent.model.q_hidden"});
  config = tiny_config();
  config.model.policy_hidden.clear();
  expect_problem(config, {"agent.model.policy_hidden"});
}

TEST(Tdmpc2Config, TerminalStatesMustBePredicted) {
  Tdmpc2Config config = tiny_config();
  config.model.termination = "none";
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
  EnvSpec env = tiny_env();
  env.can_terminate = true;
  expect_problem(config, {"toy has terminal states", "agent.model.termination = \"latent\""}, env);
}

TEST(Tdmpc2Config, SlicesMustFitIntoEpisodes) {
  Tdmpc2Config config = tiny_config();
  config.planner.horizon = 20;
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
  config.planner.horizon = 21;
  expect_problem(config, {"slices of 21 steps", "episodes of 20"});
  config.learner.horizon = 3;
  EXPECT_EQ(config.slice_horizon(), 3);
  expect_problem(config, {"agent.planner.horizon = 21", "agent.learner.horizon = 3"});
  config.planner.horizon = 2;
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
}

TEST(Tdmpc2Config, ReplayMustHoldAWholeEpisode) {
  Tdmpc2Config config = tiny_config();
  config.replay.capacity = 21;
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
  config.replay.capacity = 20;
  expect_problem(config, {"agent.replay.capacity = 20", "20 steps"});
}

TEST(Tdmpc2Config, PackedScorerNeedsTheCpuAndBins) {
  Tdmpc2Config config = tiny_config();
  config.scorer = "packed";
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
  config.device = "cuda";
  expect_problem(config, {"agent.scorer = \"packed\"", "agent.device = \"cuda\""});
  config.device = "cpu";
  config.model.num_bins = 1;
  expect_problem(config, {"agent.scorer = \"packed\"", "agent.model.num_bins"});
}

TEST(Tdmpc2Config, PackedScorerKnowsNoDropoutBeforeTheNorm) {
  Tdmpc2Config config = tiny_config();
  config.scorer = "packed";
  config.learner.target_dropout = true;  // and so in the planner
  expect_problem(config, {"agent.scorer = \"packed\"", "agent.model.dropout_place"});
  config.model.dropout_place = "after_norm";
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
  config.model.dropout_place = "before_norm";
  config.model.dropout = 0.0;
  EXPECT_EQ(problems_of(config), std::vector<std::string>{});
}

TEST(Tdmpc2Config, ReportsEveryMistakeAtOnce) {
  Tdmpc2Config config = tiny_config();
  config.model.simnorm_dim = 5;
  config.planner.num_elites = 25;
  config.planner.min_std = 3.0;
  EXPECT_EQ(problems_of(config).size(), 3u);
}

TEST(Tdmpc2Config, UnknownKeysAreRefusedWithTheNearestOne) {
  const Table table = parse_toml("planner = { horizn = 4 }", "test");
  try {
    read_config<Tdmpc2Config>(table, "agent");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("horizon"), std::string::npos) << error.what();
  }
}

TEST(Discount, FollowsTheEpisodesLength) {
  // 5 steps of 100 count: gamma = 1 - 5 / T within [0.95, 0.995].
  const std::vector<std::pair<std::int64_t, double>> table{
      {1, 0.95},    {25, 0.95},  {100, 0.95},   {150, 29.0 / 30},
      {200, 0.975}, {500, 0.99}, {1000, 0.995}, {5000, 0.995}};
  for (const auto& [length, gamma] : table) {
    EXPECT_NEAR(Tdmpc2Config{}.discount_for(long_env(length)), gamma, 1e-12) << length;
  }
}

TEST(Discount, IsWhatItIsSetTo) {
  Tdmpc2Config config;
  config.discount = 0.5;
  EXPECT_EQ(config.discount_for(long_env(500)), 0.5);
}

}  // namespace
}  // namespace foresight
