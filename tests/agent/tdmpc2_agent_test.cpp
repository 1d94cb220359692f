#include "agent/tdmpc2/tdmpc2_agent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "agent/tiny_agents.h"
#include "base/error.h"
#include "io/safetensors.h"
#include "world_model/tdmpc2/packed_scorer.h"

namespace foresight {
namespace {

struct Trained {
  explicit Trained(const Tdmpc2Config& config = tiny_config(), std::uint64_t seed = 1)
      : agent(config, tiny_env(), seed) {}
  void train(std::int64_t num_updates) {
    Rng rng(5, "episodes");
    feed(agent, 4, 12, rng);
    for (std::int64_t i = 0; i < num_updates; ++i) metrics = agent.update();
  }
  Tensor weights() {
    return torch::cat({agent.model().model_parameters().flat(),
                       agent.model().policy_parameters().flat(),
                       agent.model().target_parameters().flat()});
  }
  Tdmpc2Agent agent;
  Metrics metrics;
};

double metric(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no metric " << name;
  return 0.0;
}

TEST(Tdmpc2Agent, SameSeedGivesTheSameWeightsBitForBit) {
  Trained first;
  Trained second;
  Trained other(tiny_config(), /*seed=*/2);
  for (Trained* trained : {&first, &second, &other}) trained->train(200);
  EXPECT_TRUE(has_same_bits(first.weights(), second.weights()));
  EXPECT_EQ(first.metrics, second.metrics);
  EXPECT_FALSE(torch::equal(first.weights(), other.weights()));
}

TEST(Tdmpc2Agent, CanUpdateOnceASliceIsThere) {
  Trained trained;
  Rng rng(5, "episodes");
  EXPECT_FALSE(trained.agent.can_update());
  feed(trained.agent, 1, 2, rng);
  EXPECT_FALSE(trained.agent.can_update());
  feed(trained.agent, 1, 3, rng);
  EXPECT_TRUE(trained.agent.can_update());
}

TEST(Tdmpc2Agent, ReportsFiniteLosses) {
  Trained trained;
  trained.train(2);
  for (const auto& [name, value] : trained.metrics) EXPECT_TRUE(std::isfinite(value)) << name;
  EXPECT_GT(metric(trained.metrics, "loss/consistency"), 0.0);
  EXPECT_GT(metric(trained.metrics, "grad_norm/model"), 0.0);
  EXPECT_GT(metric(trained.metrics, "grad_norm/policy"), 0.0);
}

TEST(Tdmpc2Agent, PrioritisedReplayLearnsToo) {
  Tdmpc2Config config = tiny_config();
  config.replay.sampling = "prioritised";
  config.learner.mixed_termination_weights = true;
  Trained trained(config);
  const Tensor before = trained.weights().clone();
  trained.train(5);
  EXPECT_FALSE(torch::equal(trained.weights(), before));
}

// [games, A] of all three games.
std::vector<float> act_for_some(Actor& actor, const std::vector<std::int64_t>& games) {
  Rng rng(77, "observations");  // as act_once()
  std::vector<float> observations(3 * 4);
  rng.fill_normal(observations);
  std::vector<float> actions(3 * 2, 9.0f);
  actor.act_some(games, observations, std::vector<std::uint8_t>(3, 1), actions);
  return actions;
}

TEST(Tdmpc2Agent, ActsForSomeOfItsGames) {
  Trained trained;
  trained.train(5);
  const auto policy = trained.agent.make_actor({.num_games = 3, .use_planner = false});
  const std::vector<float> all = act_once(*policy, 3);
  EXPECT_EQ(act_for_some(*policy, {0, 1, 2}), all);
  EXPECT_EQ(act_for_some(*policy, {0, 2}),
            (std::vector<float>{all[0], all[1], 9.0f, 9.0f, all[4], all[5]}));
}

// What game 1 thought before is still there when only the others went on.
TEST(Tdmpc2Agent, KeepsTheWarmStartsOfGamesThatDoNotAct) {
  Trained trained;
  trained.train(5);
  const auto actor = trained.agent.make_actor({.num_games = 3, .seed = 4});
  const auto alone = trained.agent.make_actor({.num_games = 3, .seed = 4});
  EXPECT_EQ(act_once(*actor, 3), act_once(*alone, 3));
  const std::vector<float> some = act_for_some(*actor, {0, 2});
  EXPECT_EQ(some[2], 9.0f);
  for (const std::size_t i : {0u, 1u, 4u, 5u}) EXPECT_LE(std::abs(some[i]), 1.0f);
  const auto folder = std::filesystem::path(testing::TempDir()) / "foresight_warm_starts";
  std::filesystem::create_directories(folder);
  actor->save(folder, "some");
  alone->save(folder, "none");
  const auto some_file = SafetensorsFile::open(folder / "some.safetensors");
  const auto none_file = SafetensorsFile::open(folder / "none.safetensors");
  const std::int64_t horizon = trained.agent.config().planner.horizon;
  const auto moved = to_floats(some_file.at("previous_mean", DType::kF32, {horizon, 3, 2}));
  const auto kept = to_floats(none_file.at("previous_mean", DType::kF32, {horizon, 3, 2}));
  for (std::size_t step = 0; step < static_cast<std::size_t>(horizon); ++step) {
    for (std::size_t a = 0; a < 2; ++a) {
      EXPECT_EQ(moved[(step * 3 + 1) * 2 + a], kept[(step * 3 + 1) * 2 + a]);
    }
  }
  EXPECT_NE(moved, kept);
  std::filesystem::remove_all(folder);
}

TEST(Tdmpc2Agent, ForgetsAnUnfinishedEpisode) {
  Trained trained;
  const std::vector<float> observation(4, 1.0f);
  const std::vector<float> action(2, 0.0f);
  for (int i = 0; i < 5; ++i) {
    trained.agent.observe(
        {.observation = observation, .action = action, .next_observation = observation});
  }
  trained.agent.forget_unfinished(0);
  Rng rng(5, "episodes");
  feed(trained.agent, 1, 4, rng);
  EXPECT_EQ(trained.agent.store().num_rows(), 5);
}

TEST(Tdmpc2Agent, SpreadsTheWinBonusOverWonGamesOnly) {
  Tdmpc2Config config = tiny_config();
  config.win_bonus = 10.0;
  config.win_bonus_discount = 0.5;
  Trained trained(config);
  for (const int outcome : {-1, 1}) {
    Rng rng(5, "episodes");
    feed(trained.agent, 1, 4, rng, outcome);
  }
  const Episode lost = trained.agent.store().copy_of(0);
  const Episode won = trained.agent.store().copy_of(1);
  EXPECT_EQ(lost.rewards[0], lost.actions[0]);
  const std::vector<float> bonus{2.5f, 5.0f, 10.0f, 0.0f};
  for (std::size_t t = 0; t < 4; ++t) {
    EXPECT_FLOAT_EQ(won.rewards[t], lost.rewards[t] + bonus[t]) << t;
  }
}

TEST(Tdmpc2Agent, PrefersTheWinBonusThatComesWithTheGame) {
  Tdmpc2Config config = tiny_config();
  config.win_bonus = 10.0;
  Trained trained(config);
  const std::vector<float> observation(4);
  const std::vector<float> action(2);
  for (const double bonus : {4.0, 0.0}) {
    for (int step = 0; step < 3; ++step) {
      trained.agent.observe({.observation = observation,
                             .action = action,
                             .next_observation = observation,
                             .terminated = step == 2,
                             .outcome = step == 2 ? 1 : 0,
                             .win_bonus = WinBonus{.bonus = bonus, .discount = 0.5}});
    }
  }
  EXPECT_EQ(trained.agent.store().copy_of(0).rewards, (std::vector<float>{2.0f, 4.0f, 0.0f}));
  EXPECT_EQ(trained.agent.store().copy_of(1).rewards, std::vector<float>(3, 0.0f));
}

TEST(Tdmpc2Agent, RefusesAStepOfTheWrongSize) {
  Trained trained;
  const std::vector<float> four(4);
  const std::vector<float> two(2);
  EXPECT_THROW(trained.agent.observe({.observation = two, .action = two, .next_observation = four}),
               ContractViolation);
  EXPECT_THROW(
      trained.agent.observe({.observation = four, .action = four, .next_observation = four}),
      ContractViolation);
}

TEST(Tdmpc2Agent, RefusesADeviceThatIsNotThere) {
  if (torch::cuda::is_available()) GTEST_SKIP() << "this machine has a CUDA device";
  Tdmpc2Config config = tiny_config();
  config.device = "cuda";
  try {
    Tdmpc2Agent agent(config, tiny_env(), 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("agent.device=cpu"), std::string::npos);
  }
}

TEST(Tdmpc2Agent, AsksTheSystemForNoTensorMemoryAfterTheFirstUpdates) {
  Trained trained;
  trained.train(3);
  const auto before = trained.agent.update_memory().statistics();
  EXPECT_GT(before.num_taken, 100);
  for (int i = 0; i < 3; ++i) trained.agent.update();
  const auto after = trained.agent.update_memory().statistics();
  EXPECT_GT(after.num_taken, before.num_taken + 100);
  EXPECT_EQ(after.num_system_requests, before.num_system_requests);
}

TEST(Tdmpc2Agent, PackedScorerPlansAsTheTensorScorer) {
  std::vector<std::vector<float>> actions;
  for (const char* scorer : {"tensor", "packed"}) {
    Tdmpc2Config config = tiny_config();
    config.scorer = scorer;
    Trained trained(config);
    trained.train(10);
    const auto actor = trained.agent.make_actor({.num_games = 3, .explore = true, .seed = 4});
    act_once(*actor, 3);
    actions.push_back(act_once(*actor, 3, /*is_first=*/false));
  }
  for (std::size_t i = 0; i < actions[0].size(); ++i) {
    EXPECT_NEAR(actions[0][i], actions[1][i], 1e-3) << i;
  }
}

TEST(Tdmpc2Agent, LeavesPackingToTensorsWhereItCannotBeDone) {
  Tdmpc2Config config = tiny_config();
  config.learner.target_dropout = true;  // before the LayerNorm by default
  Trained trained(config);
  EXPECT_EQ(dynamic_cast<PackedScorer*>(&trained.agent.scorer()), nullptr);
  config.learner.target_dropout = false;
  Trained packed(config);
  EXPECT_NE(dynamic_cast<PackedScorer*>(&packed.agent.scorer()), nullptr);
}

TEST(Tdmpc2Agent, DescribesItsPartsWithTrueCounts) {
  Trained trained;
  const AgentDescription description = trained.agent.describe();
  std::int64_t trainable = 0;
  for (const auto& part : description.components) {
    trainable += part.trainable;
    if (part.group == "target") {
      EXPECT_EQ(part.trainable, 0);
      EXPECT_EQ(part.parameters, trained.agent.model().target_parameters().size());
    }
  }
  EXPECT_EQ(trainable, trained.agent.model().model_parameters().size() +
                           trained.agent.model().policy_parameters().size());
}

TEST(Tdmpc2Actor, StartsAFreshPlanWhereAGameBegins) {
  Trained trained;
  const auto fresh = [&] { return trained.agent.make_actor({.num_games = 2, .seed = 4}); };
  const auto first = fresh();
  const auto second = fresh();
  // The second call warm-starts one and not the other, with the same random numbers.
  EXPECT_EQ(act_once(*first, 2), act_once(*second, 2));
  EXPECT_NE(act_once(*first, 2, /*is_first=*/true), act_once(*second, 2, /*is_first=*/false));
}

TEST(Tdmpc2Actor, ExploringAddsNoise) {
  Trained trained;
  const auto act = [&](bool explore, bool use_planner) {
    const auto actor = trained.agent.make_actor(
        {.num_games = 2, .explore = explore, .use_planner = use_planner, .seed = 4});
    return act_once(*actor, 2);
  };
  EXPECT_NE(act(true, true), act(false, true));
  EXPECT_NE(act(true, false), act(false, false));
  EXPECT_EQ(act(false, false), act(false, false));
}

TEST(Tdmpc2Actor, UsesTheWeightsOfTheLastUpdate) {
  Trained trained;
  trained.train(1);
  const auto actor = trained.agent.make_actor({.num_games = 2, .use_planner = false, .seed = 4});
  const auto before = act_once(*actor, 2);
  for (int i = 0; i < 5; ++i) trained.agent.update();
  EXPECT_NE(act_once(*actor, 2), before);
}

TEST(Tdmpc2Actor, KeepsTracesWhenAsked) {
  Trained trained;
  const auto quiet = trained.agent.make_actor({.num_games = 2, .seed = 4});
  act_once(*quiet, 2);
  EXPECT_EQ(quiet->trace(0), nullptr);
  const auto actor = trained.agent.make_actor({.num_games = 2, .keep_traces = true, .seed = 4});
  act_once(*actor, 2);
  const PlanTrace* trace = actor->trace(1);
  ASSERT_NE(trace, nullptr);
  EXPECT_EQ(trace->horizon, 3);
  EXPECT_EQ(trace->mean_actions.size(), 3u * 2u);
  ASSERT_EQ(trace->elite_actions.size(), 6u);
  EXPECT_EQ(trace->elite_actions[5].size(), 3u * 2u);
  EXPECT_TRUE(std::is_sorted(trace->elite_values.rbegin(), trace->elite_values.rend()));
  EXPECT_EQ(actor->trace(2), nullptr);
}

TEST(Tdmpc2Actor, ReportsItsPlans) {
  Trained trained;
  const auto actor = trained.agent.make_actor({.num_games = 2, .seed = 4});
  act_once(*actor, 2);
  EXPECT_GT(metric(actor->metrics(), "plan/std"), 0.0);
  EXPECT_EQ(metric(actor->metrics(), "plan/not_finite"), 0.0);
}

}  // namespace
}  // namespace foresight
