#include "env/vec_env.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "base/error.h"
#include "env/toy/countdown_env.h"

namespace foresight {
namespace {

std::unique_ptr<VecEnv> countdowns(std::vector<std::int64_t> lengths,
                                   const VecEnvOptions& options) {
  std::vector<std::unique_ptr<Env>> envs;
  for (const auto length : lengths) {
    envs.push_back(std::make_unique<CountdownEnv>(CountdownEnvConfig{.num_steps = length}));
  }
  return std::make_unique<VecEnv>(std::move(envs), options);
}

TEST(VecEnv, BeginsTheNextEpisodeWithinTheStepThatEndsOne) {
  const auto envs = countdowns({2, 4}, {.seed = 1});
  envs->reset();
  EXPECT_EQ(envs->observation(0, 0)[0], 1.0f);
  envs->step();
  EXPECT_EQ(envs->observation(0, 0)[0], 0.5f);
  EXPECT_EQ(envs->terminated()[0], 0);
  envs->step();
  EXPECT_EQ(envs->terminated()[0], 1);
  EXPECT_EQ(envs->terminated()[1], 0);
  EXPECT_EQ(envs->final_observation(0, 0)[0], 0.0f);  // where the episode ended
  EXPECT_EQ(envs->observation(0, 0)[0], 1.0f);        // where the next one begins
  EXPECT_EQ(envs->observation(1, 0)[0], 0.5f);
  EXPECT_EQ(envs->num_episodes()[0], 2u);
  EXPECT_EQ(envs->num_episodes()[1], 1u);
}

TEST(VecEnv, WaitsForAResetIfToldSo) {
  const auto envs = countdowns({1, 2}, {.seed = 1, .auto_reset = false});
  envs->reset();
  envs->step();
  EXPECT_EQ(envs->observation(0, 0)[0], 0.0f);
  EXPECT_EQ(envs->final_observation(0, 0)[0], 0.0f);
  EXPECT_THROW(envs->step(), ContractViolation);
  envs->reset(0);
  EXPECT_EQ(envs->observation(0, 0)[0], 1.0f);
}

TEST(VecEnv, HandsEachEnvironmentItsOwnActions) {
  const auto envs = countdowns({3, 3, 3}, {.seed = 1, .num_threads = 2});
  envs->reset();
  for (int i = 0; i < 3; ++i) envs->actions(i, 0)[0] = 0.25f * static_cast<float>(i);
  envs->step();
  EXPECT_EQ(envs->rewards()[1], 0.25f);
  EXPECT_EQ(envs->rewards()[2], 0.5f);
  envs->step();
  envs->step();
  EXPECT_EQ(envs->outcomes()[0], Outcome::kLoss);
  EXPECT_EQ(envs->outcomes()[2], Outcome::kWin);
}

TEST(VecEnv, GivesEveryEpisodeASeedOfItsOwn) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (std::int64_t env = 0; env < 10; ++env) {
      for (std::uint64_t episode = 0; episode < 10; ++episode) {
        seeds.insert(episode_seed(seed, env, episode));
      }
    }
  }
  EXPECT_EQ(seeds.size(), 300u);
}

TEST(VecEnv, GoesOnWithTheEpisodesAfterTheOnesPlayed) {
  const auto played = countdowns({1, 1}, {.seed = 7});
  played->reset();
  for (int step = 0; step < 4; ++step) played->step();
  const auto resumed = countdowns({1, 1}, {.seed = 7});
  const std::vector<std::uint64_t> counts(played->num_episodes().begin(),
                                          played->num_episodes().end());
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{5, 5}));
  resumed->set_num_episodes(counts);
  resumed->reset();
  played->step();
  EXPECT_EQ(resumed->observation(1, 0)[1], played->observation(1, 0)[1]);
}

TEST(VecEnv, HandsAFaultInAThreadToTheCaller) {
  const auto envs = countdowns({1, 1, 1, 1}, {.seed = 1, .auto_reset = false, .num_threads = 4});
  EXPECT_THROW(envs->step(), ContractViolation);  // nothing was reset
  envs->reset();
  EXPECT_NO_THROW(envs->step());
}

TEST(VecEnv, RefusesNoEnvironmentOrNoThread) {
  EXPECT_THROW(VecEnv({}, {}), ContractViolation);
  EXPECT_THROW(countdowns({1}, {.num_threads = 0}), ContractViolation);
}

}  // namespace
}  // namespace foresight
