#include "agent/random/random_agent.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

const EnvSpec kSpec{.id = "fake", .observation_dim = 1, .action_dim = 3};

std::vector<float> act(Actor& actor) {
  std::vector<float> actions(2 * 3);
  actor.act(std::vector<float>(2), std::vector<std::uint8_t>(2), actions);
  return actions;
}

using RandomAgentTest = ScratchFolder;

TEST_F(RandomAgentTest, ActsInsideTheBoundsAndBySeed) {
  RandomAgent agent({}, kSpec, 1);
  const auto first = agent.make_actor({.num_games = 2, .seed = 4});
  const auto second = agent.make_actor({.num_games = 2, .seed = 4});
  const auto actions = act(*first);
  EXPECT_EQ(actions, act(*second));
  EXPECT_NE(actions, act(*first));
  for (const float action : actions) EXPECT_LE(std::abs(action), 1.0f);
}

TEST_F(RandomAgentTest, GoesOnWhereItWasSaved) {
  RandomAgent agent({}, kSpec, 1);
  const auto actor = agent.make_actor({.num_games = 2, .seed = 4});
  act(*actor);
  agent.update();
  actor->save(folder_, "actor");
  agent.save(folder_);
  RandomAgent other({}, kSpec, 2);
  other.load(folder_);
  const auto other_actor = other.make_actor({.num_games = 2, .seed = 9});
  other_actor->load(folder_, "actor");
  EXPECT_EQ(act(*other_actor), act(*actor));
  EXPECT_EQ(other.update(), agent.update());
  EXPECT_EQ(other.num_updates(), 2);
}

TEST_F(RandomAgentTest, CanUpdateAfterTheStepsOfItsConfig) {
  RandomAgentConfig config;
  config.first_update_step = 1;
  RandomAgent agent(config, kSpec, 1);
  EXPECT_FALSE(agent.can_update());
  const std::vector<float> observation(1);
  const std::vector<float> action(3);
  agent.observe(
      {.game = 0, .observation = observation, .action = action, .next_observation = observation});
  EXPECT_TRUE(agent.can_update());
}

}  // namespace
}  // namespace foresight
