// What a checkpoint costs when a million transitions are stored: what is new, not what is there.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "agent/tiny_agents.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

class CheckpointCost : public ScratchFolder {
 protected:
  static void play(Agent& agent, std::int64_t num_episodes, std::int64_t length, Rng& rng) {
    std::vector<float> observation(4);
    std::vector<float> action(2);
    for (std::int64_t i = 0; i < num_episodes * length; ++i) {
      rng.fill_normal(observation);
      rng.fill_uniform(action);
      agent.observe({.game = 0,
                     .observation = observation,
                     .action = action,
                     .next_observation = observation,
                     .truncated = i % length == length - 1});
    }
  }

  double save_s(Agent& agent, const std::string& name) const {
    std::filesystem::create_directories(folder_ / name);
    const auto begin = std::chrono::steady_clock::now();
    agent.save({folder_ / name, folder_ / "lasting"});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
};

TEST_F(CheckpointCost, LongAMillionTransitionsCostUnderASecond) {
  constexpr std::int64_t kLength = 250;
  Tdmpc2Config config = tiny_config();
  config.replay.capacity = 1'100'000;
  EnvSpec env = tiny_env();
  env.max_episode_steps = kLength;
  Tdmpc2Agent agent(config, env, 1);
  Rng rng(1, "episodes");
  play(agent, 4000, kLength, rng);
  ASSERT_EQ(agent.store().num_transitions(), 1'000'000);
  const double first_s = save_s(agent, "first");  // all of it is new
  play(agent, 40, kLength, rng);
  const double second_s = save_s(agent, "second");
  std::printf("first %.3f s, with 10,000 new transitions %.3f s\n", first_s, second_s);
  EXPECT_LT(second_s, 1.0);

  Tdmpc2Agent loaded(config, env, 2);
  const auto begin = std::chrono::steady_clock::now();
  loaded.load({folder_ / "second", folder_ / "lasting"});
  std::printf("loading %.3f s\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  EXPECT_EQ(loaded.store().num_transitions(), 1'010'000);
}

}  // namespace
}  // namespace foresight
