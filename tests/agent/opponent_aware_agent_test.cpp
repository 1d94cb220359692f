// The agent that imitates its opponents, and the one that does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "agent/tiny_agents.h"
#include "base/error.h"
#include "io/scratch_folder.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

EnvSpec tiny_duel() {
  EnvSpec env = tiny_env();
  env.num_players = 2;
  return env;
}

Tdmpc2Config duel_config(std::vector<std::string> names = {"weak", "strong"}) {
  Tdmpc2Config config = tiny_config();
  for (std::string& name : names) config.opponent_cloning.opponents.push_back({std::move(name)});
  config.opponent_cloning.frequency = 3;
  config.opponent_cloning.samples = 30;
  config.opponent_cloning.steps = 4;
  return config;
}

// One step of `game` against an opponent that plays the first two observations back.
void play_step(Agent& agent, const std::string& opponent, Rng& rng, std::int64_t game, bool ends) {
  std::vector<float> observation(4), action(2);
  rng.fill_normal(observation);
  rng.fill_uniform(action);
  const std::vector<float> theirs{std::tanh(observation[0]), std::tanh(observation[1])};
  agent.observe({.game = game,
                 .observation = observation,
                 .action = action,
                 .next_observation = observation,
                 .terminated = ends,
                 .opponent_action = theirs,
                 .opponent = opponent});
}

void play(Agent& agent, const std::string& opponent, Rng& rng, int num_steps = 12,
          std::int64_t game = 0) {
  for (int i = 0; i < num_steps; ++i) {
    play_step(agent, opponent, rng, game, i + 1 == num_steps);
  }
}

double metric(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value;
  }
  return std::nan("");
}

Tensor weights_of(Tdmpc2Agent& agent) {
  std::vector<Tensor> all;
  agent.model().for_each_tensor(
      [&](const std::string&, const Tensor& tensor) { all.push_back(tensor.detach().flatten()); });
  return torch::cat(all);
}

TEST(OpponentAwareAgent, LearnsFromTheOpponentsItNames) {
  Tdmpc2Agent agent(duel_config(), tiny_duel(), 1);
  Rng rng(2, "games");
  play(agent, "weak", rng);
  play(agent, "unknown", rng);
  const Metrics metrics = agent.update();
  EXPECT_EQ(metric(metrics, "cloning/weak/pairs"), 12.0);
  EXPECT_EQ(metric(metrics, "cloning/strong/pairs"), 0.0);
  EXPECT_GT(metric(metrics, "loss/cloning/weak"), 0.0);
  EXPECT_TRUE(std::isnan(metric(metrics, "loss/cloning/strong")));
  EXPECT_EQ(agent.cloner()->optimisers()[0].num_steps(), 4);
  EXPECT_EQ(agent.cloner()->optimisers()[1].num_steps(), 0);
}

TEST(OpponentAwareAgent, OthersStandForEveryoneNotNamed) {
  Tdmpc2Agent agent(duel_config({"others", "weak"}), tiny_duel(), 1);
  Rng rng(2, "games");
  play(agent, "weak", rng, 5);
  play(agent, "a", rng, 6);
  play(agent, "b", rng, 7);
  const Metrics metrics = agent.update();
  EXPECT_EQ(metric(metrics, "cloning/weak/pairs"), 5.0);
  EXPECT_EQ(metric(metrics, "cloning/others/pairs"), 13.0);
}

TEST(OpponentAwareAgent, ClonesAtItsFrequency) {
  Tdmpc2Agent agent(duel_config(), tiny_duel(), 1);
  Rng rng(2, "games");
  for (int i = 0; i < 2; ++i) play(agent, "strong", rng);
  std::vector<bool> cloned;
  for (int i = 0; i < 7; ++i) {
    cloned.push_back(!std::isnan(metric(agent.update(), "loss/cloning/strong")));
  }
  EXPECT_EQ(cloned, (std::vector<bool>{true, false, false, true, false, false, true}));
}

TEST(OpponentAwareAgent, ImitatesBetterAndBetter) {
  Tdmpc2Config config = duel_config({"weak"});
  config.opponent_cloning.frequency = 1;
  config.opponent_cloning.learning_rate = 3e-3;
  config.opponent_cloning.steps = 20;
  Tdmpc2Agent agent(config, tiny_duel(), 1);
  Rng rng(2, "games");
  for (int i = 0; i < 4; ++i) play(agent, "weak", rng, 15);
  const double first = metric(agent.update(), "loss/cloning/weak");
  double last = first;
  for (int i = 0; i < 30; ++i) last = metric(agent.update(), "loss/cloning/weak");
  EXPECT_LT(last, 0.75 * first);  // the encoder, whose latents it reads, learns at the same time
}

// New heads give every sequence the value 0, and among equals rounding would choose.
void scatter_weights(Tdmpc2Agent& agent) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(7);
  agent.model().for_each_tensor([](const std::string&, const Tensor& tensor) {
    tensor.add_(torch::randn_like(tensor), 0.3);
  });
}

TEST(OpponentAwareAgent, PlansWithEitherScorerAlike) {
  std::vector<std::vector<float>> actions;
  for (const char* scorer : {"tensor", "packed"}) {
    Tdmpc2Config config = duel_config();
    config.scorer = scorer;
    Tdmpc2Agent agent(config, tiny_duel(), 1);
    Rng rng(2, "games");
    play(agent, "weak", rng);
    scatter_weights(agent);
    agent.update();  // after which weights are packed anew
    actions.push_back(act_once(*agent.make_actor({.num_games = 3, .seed = 4}), 3));
  }
  for (std::size_t i = 0; i < actions[0].size(); ++i) {
    EXPECT_NEAR(actions[0][i], actions[1][i], 1e-3) << i;
  }
}

TEST(OpponentAwareAgent, TracesItsBestElitesFirst) {
  Tdmpc2Agent agent(duel_config(), tiny_duel(), 1);
  const auto actor = agent.make_actor({.num_games = 1, .keep_traces = true, .seed = 4});
  act_once(*actor, 1);
  const auto& values = actor->trace(0)->elite_values;
  EXPECT_TRUE(std::ranges::is_sorted(values, std::greater{}));
}

TEST(OpponentAwareAgent, IsDescribedWithItsClones) {
  const AgentDescription description = Tdmpc2Agent(duel_config(), tiny_duel(), 1).describe();
  std::int64_t num_clones = 0;
  for (const ComponentDescription& part : description.components) {
    num_clones += part.group == "opponents" ? 1 : 0;
  }
  EXPECT_EQ(num_clones, 2);
  EXPECT_EQ(description.optimisers.size(), 3u);
  EXPECT_EQ(description.planner.back(), "opponent 1 imitates strong");
  const auto plain = Tdmpc2Agent(tiny_config(), tiny_duel(), 1).describe();
  EXPECT_EQ(description.replay_row_bytes, plain.replay_row_bytes + 2 * 4);
}

TEST(OpponentAwareAgent, NeedsTheOpponentsActions) {
  Tdmpc2Agent agent(duel_config(), tiny_duel(), 1);
  Rng rng(2, "games");
  EXPECT_THROW(feed(agent, 1, 3, rng), ContractViolation);
}

// Whatever the games tell of the other side, an agent that names no opponents takes no notice.
TEST(OpponentAwareAgent, OffItIsTheUsualAgentBitForBit) {
  Tdmpc2Agent told(tiny_config(), tiny_duel(), 1);
  Tdmpc2Agent usual(tiny_config(), tiny_env(), 1);
  Rng told_rng(2, "games"), usual_rng(2, "games");
  for (int episode = 0; episode < 3; ++episode) {
    play(told, "weak", told_rng);
    std::vector<float> observation(4), action(2);
    for (int i = 0; i < 12; ++i) {
      usual_rng.fill_normal(observation);
      usual_rng.fill_uniform(action);
      usual.observe({.observation = observation,
                     .action = action,
                     .next_observation = observation,
                     .terminated = i == 11});
    }
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told.update(), usual.update()) << i;
  EXPECT_TRUE(has_same_bits(weights_of(told), weights_of(usual)));
  EXPECT_EQ(told.cloner(), nullptr);
  EXPECT_EQ(told.store().opponent_dim(), 0);
}

class OpponentAwareFiles : public ScratchFolder {};

TEST_F(OpponentAwareFiles, ALoadedAgentGoesOnBitForBit) {
  const auto trained = [](std::uint64_t seed) {
    auto agent = std::make_unique<Tdmpc2Agent>(duel_config(), tiny_duel(), seed);
    Rng rng(seed, "games");
    for (int i = 0; i < 8; ++i) play(*agent, i % 3 == 0 ? "weak" : "strong", rng, 11 + i);
    for (int i = 0; i < 5; ++i) agent->update();
    for (int i = 0; i < 4; ++i) play_step(*agent, "weak", rng, /*game=*/3, /*ends=*/false);
    return agent;
  };
  const auto original = trained(1);
  original->save(folder_);
  const auto actor = original->make_actor({.num_games = 2, .explore = true, .seed = 4});
  actor->save(folder_, "actor");

  const auto loaded = trained(2);
  loaded->load(folder_);
  const auto loaded_actor = loaded->make_actor({.num_games = 2, .explore = true, .seed = 5});
  loaded_actor->load(folder_, "actor");
  EXPECT_TRUE(has_same_bits(weights_of(*original), weights_of(*loaded)));
  for (Tdmpc2Agent* agent : {original.get(), loaded.get()}) {
    Rng rng(7, "later");
    for (int i = 0; i < 6; ++i) play_step(*agent, "weak", rng, 3, i == 5);
    play(*agent, "strong", rng);
  }
  for (int i = 0; i < 7; ++i) EXPECT_EQ(original->update(), loaded->update()) << i;
  EXPECT_TRUE(has_same_bits(weights_of(*original), weights_of(*loaded)));
  EXPECT_EQ(act_once(*actor, 2), act_once(*loaded_actor, 2));
}

TEST_F(OpponentAwareFiles, AModelBringsItsClones) {
  Tdmpc2Agent original(duel_config(), tiny_duel(), 1);
  original.save_model(folder_);
  Tdmpc2Agent loaded(duel_config(), tiny_duel(), 9);
  loaded.load_model(folder_);
  EXPECT_TRUE(has_same_bits(weights_of(original), weights_of(loaded)));
  const auto act = [](Tdmpc2Agent& agent) {
    return act_once(*agent.make_actor({.num_games = 2, .seed = 4}), 2);
  };
  EXPECT_EQ(act(original), act(loaded));
}

TEST_F(OpponentAwareFiles, AModelWithoutClonesIsRefused) {
  Tdmpc2Agent(tiny_config(), tiny_duel(), 1).save_model(folder_);
  Tdmpc2Agent agent(duel_config(), tiny_duel(), 9);
  const std::string error = error_of([&] { agent.load_model(folder_); });
  EXPECT_NE(error.find("\"dynamics.0.weight\""), std::string::npos) << error;
}

}  // namespace
}  // namespace foresight
