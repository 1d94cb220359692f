#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/rng.h"
#include "env/toy/countdown_env.h"
#include "env/toy/point_mass_env.h"

namespace foresight {
namespace {

TEST(CountdownEnv, EndsAfterItsStepsAndPaysItsAction) {
  for (const bool terminates : {true, false}) {
    CountdownEnv env(CountdownEnvConfig{.num_steps = 3, .terminates = terminates});
    env.reset(27);
    EXPECT_FLOAT_EQ(env.observation(0)[1], 0.7f);
    const std::array<float, 1> action{0.25f};
    EXPECT_EQ(env.step(action).reward, 0.25f);
    EXPECT_FALSE(env.step(action).over());
    const auto last = env.step(action);
    EXPECT_EQ(last.terminated, terminates);
    EXPECT_EQ(last.truncated, !terminates);
    EXPECT_EQ(last.outcome, Outcome::kWin);
  }
}

// The return of an episode under `policy`, which fills the forces from the observation.
template <typename Policy>
float play(PointMassEnv& env, std::uint64_t seed, Policy policy) {
  env.reset(seed);
  std::array<float, 2> force{};
  float total = 0.0f;
  StepResult result;
  while (!result.over()) {
    const auto observation = env.observation(0);
    for (std::size_t i = 0; i < 2; ++i) force[i] = policy(observation[i], observation[2 + i]);
    result = env.step(force);
    total += result.reward;
  }
  return total;
}

float steer(float position, float velocity) {
  return std::clamp(-6.0f * position - 3.0f * velocity, -1.0f, 1.0f);
}

TEST(PointMassEnv, RewardsSteeringFarAboveChance) {
  PointMassEnv env{PointMassEnvConfig{}};
  Rng rng(1, "test");
  float steered = 0.0f;
  float random = 0.0f;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    steered += play(env, seed, steer) / 20;
    random +=
        play(env, seed, [&](float, float) { return static_cast<float>(rng.uniform(-1.0, 1.0)); }) /
        20;
  }
  EXPECT_GT(steered, 75.0f);
  EXPECT_LT(random, 40.0f);
}

TEST(PointMassEnv, KeepsRewardsInTheUnitIntervalAndThePointInside) {
  PointMassEnv env(PointMassEnvConfig{.num_axes = 1});
  env.reset(3);
  const std::array<float, 1> action{1.0f};
  for (int step = 0; step < 100; ++step) {
    const auto result = env.step(action);
    ASSERT_GE(result.reward, 0.0f);
    ASSERT_LE(result.reward, 1.0f);
    ASSERT_LE(env.observation(0)[0], 1.0f);
    ASSERT_EQ(result.truncated, step == 99);
  }
}

TEST(PointMassEnv, EndsAtTheGoalIfToldTo) {
  PointMassEnv env(PointMassEnvConfig{.ends_at_goal = true});
  EXPECT_TRUE(env.spec().can_terminate);
  const float steered = play(env, 4, steer);
  const float idle = play(env, 4, [](float, float) { return 0.0f; });
  EXPECT_GT(steered, -40.0f);
  EXPECT_LT(idle, steered);
}

TEST(PointMassEnv, ForecastsWhatThenHappens) {
  PointMassEnv env{PointMassEnvConfig{}};
  env.reset(6);
  const std::array<float, 4> plan{0.5f, -1.0f, -0.2f, 0.3f};
  const auto path = env.forecast(0, plan);
  ASSERT_EQ(path.size(), 2u);
  env.step(std::span(plan).first(2));
  env.step(std::span(plan).last(2));
  Scene scene;
  env.describe_scene(scene);
  EXPECT_EQ(scene.shapes.back().points[0].x, path[1].x);
  EXPECT_EQ(scene.shapes.back().points[0].y, path[1].y);
}

}  // namespace
}  // namespace foresight
