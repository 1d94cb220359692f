// The template of docs/adding.md, compiled from where it lies.
#include "env/template/template_env.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "agent/agent.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

// Brakes in time: pushes towards the flag, against the speed.
float drive(std::span<const float> observation) {
  const float distance = observation[2] - observation[0];
  return 2.0f * distance - 2.0f * observation[1];
}

TEST(TemplateEnv, IsFoundByItsName) {
  const auto env = make_env(parse_toml("id = \"template\"\nmax_steps = 7", "test"));
  EXPECT_EQ(env->spec().id, "template");
  EXPECT_EQ(env->spec().max_episode_steps, 7);
}

TEST(TemplateEnv, RefusesConfigValuesOutOfRange) {
  EXPECT_THROW(make_env(parse_toml("id = \"template\"\nmax_steps = 0", "test")), Error);
}

TEST(TemplateEnv, TerminatesWhereTheCartStopsAtTheFlag) {
  TemplateEnv env({});
  env.reset(3);
  StepResult result;
  float total = 0.0f;
  while (!result.over()) {
    const float action = drive(env.observation(0));
    result = env.step({&action, 1});
    total += result.reward;
  }
  EXPECT_TRUE(result.terminated);
  EXPECT_FALSE(result.truncated);
  EXPECT_GT(total, 0.0f);
  EXPECT_NEAR(env.observation(0)[0], env.observation(0)[2], 0.1);
}

TEST(TemplateEnv, IsCutByTheClockAndThenRefusesToGoOn) {
  TemplateEnv env({.max_steps = 5});
  env.reset(3);
  const float away = env.observation(0)[2] > env.observation(0)[0] ? -1.0f : 1.0f;
  StepResult result;
  for (int step = 0; step < 5; ++step) result = env.step({&away, 1});
  EXPECT_TRUE(result.truncated);
  EXPECT_FALSE(result.terminated);
  EXPECT_THROW(env.step({&away, 1}), ContractViolation);
}

TEST(TemplateEnv, TheSeedAloneDecidesTheEpisode) {
  TemplateEnv env({});
  env.reset(8);
  const std::vector<float> first(env.observation(0).begin(), env.observation(0).end());
  env.reset(9);
  EXPECT_NE(env.observation(0)[0], first[0]);
  env.reset(8);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), env.observation(0).begin()));
}

TEST(TemplateEnv, HasAConfigToTrainWith) {
  if (AgentRegistry::instance().names().size() < 2) GTEST_SKIP() << "built without LibTorch";
  const Experiment experiment = resolve_experiment(load_experiment_table(
      FORESIGHT_SOURCE_DIR "/templates/configs/template/quick.toml", {"env.max_steps=50"}));
  EXPECT_EQ(experiment.env_spec.max_episode_steps, 50);
}

}  // namespace
}  // namespace foresight
