// Promises of the DMControl environments beyond those of every environment.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/rng.h"
#include "env/dmcontrol/dmcontrol_env.h"

namespace foresight {
namespace {

std::vector<std::string> dmcontrol_tasks() {
  auto names = EnvRegistry::instance().names();
  std::erase_if(names, [](const auto& name) { return !name.starts_with("dmcontrol/"); });
  return names;
}

std::unique_ptr<DmControlEnv> make(const std::string& name, const std::string& toml = "") {
  auto env = EnvRegistry::instance().find(name, "environment").make(parse_toml(toml, "test"));
  return std::unique_ptr<DmControlEnv>(dynamic_cast<DmControlEnv*>(env.release()));
}

std::vector<float> random_actions(Rng& rng, const Env& env) {
  std::vector<float> actions(static_cast<std::size_t>(env.spec().action_dim));
  for (float& action : actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
  return actions;
}

// TD-MPC2's benchmark: tdmpc2/common/__init__.py and the dog, humanoid and quadruped tasks.
TEST(DmControl, HasEveryTaskWithTheSizesOfTheBenchmark) {
  const std::map<std::string, std::pair<int, int>> sizes{
      {"acrobot", {6, 1}}, {"cartpole", {5, 1}},      {"cheetah", {17, 6}}, {"cup", {8, 2}},
      {"dog", {223, 38}},  {"finger-spin", {9, 2}},   {"finger", {12, 2}},  {"fish", {24, 5}},
      {"hopper", {15, 4}}, {"humanoid", {67, 21}},    {"pendulum", {3, 1}}, {"quadruped", {78, 12}},
      {"reacher", {6, 2}}, {"reacher-three", {8, 3}}, {"walker", {24, 6}}};
  const auto tasks = dmcontrol_tasks();
  EXPECT_EQ(tasks.size(), 39u);
  for (const auto& task : tasks) {
    const auto name = task.substr(std::string("dmcontrol/").size());
    std::pair<int, int> expected;
    std::size_t longest = 0;
    for (const auto& [prefix, size] : sizes) {
      if (!name.starts_with(prefix) || prefix.size() < longest) continue;
      longest = prefix.size();
      expected = size;
    }
    const auto env = make(task);
    EXPECT_EQ(env->spec().observation_dim, expected.first) << task;
    EXPECT_EQ(env->spec().action_dim, expected.second) << task;
    EXPECT_EQ(env->spec().max_episode_steps, 500) << task;
    EXPECT_FALSE(env->spec().can_terminate) << task;
  }
}

TEST(DmControl, PaysBetweenZeroAndOneForEachRepeat) {
  Rng rng(1, "test");
  for (const auto& task : dmcontrol_tasks()) {
    const auto env = make(task);
    env->reset(3);
    for (int step = 0; step < 20; ++step) {
      const auto result = env->step(random_actions(rng, *env));
      ASSERT_GE(result.reward, 0.0f) << task;
      ASSERT_LE(result.reward, 2.0f) << task;
    }
  }
}

TEST(DmControl, StartsDifferentlyFromDifferentSeeds) {
  for (const auto& task : dmcontrol_tasks()) {
    const auto env = make(task);
    std::set<std::vector<float>> starts;
    for (const std::uint64_t seed : {1ull, 2ull, 3ull << 40}) {
      env->reset(seed);
      starts.emplace(env->observation(0).begin(), env->observation(0).end());
    }
    EXPECT_EQ(starts.size(), 3u) << task;
  }
}

// The engine's own allocator, which the counter of operators new does not see.
int num_engine_allocations = 0;

TEST(DmControl, TheEngineAllocatesNothingInAStep) {
  mju_user_malloc = [](std::size_t size) {
    ++num_engine_allocations;
    return std::aligned_alloc(64, (size + 63) / 64 * 64);
  };
  mju_user_free = [](void* memory) { std::free(memory); };
  Rng rng(1, "test");
  for (const auto& task : dmcontrol_tasks()) {
    const auto env = make(task);
    EXPECT_GT(num_engine_allocations, 0);
    env->reset(3);
    const auto actions = random_actions(rng, *env);
    const int before = num_engine_allocations;
    for (int step = 0; step < 30; ++step) env->step(actions);
    EXPECT_EQ(num_engine_allocations, before) << task;
  }
  mju_user_malloc = nullptr;
  mju_user_free = nullptr;
}

TEST(DmControl, RepeatsAnActionAsOftenAsTold) {
  const auto twice = make("dmcontrol/walker-walk");
  const auto once = make("dmcontrol/walker-walk", "action_repeat = 1");
  EXPECT_EQ(once->spec().max_episode_steps, 1000);
  twice->reset(5);
  once->reset(5);
  Rng rng(1, "test");
  for (int step = 0; step < 20; ++step) {
    const auto actions = random_actions(rng, *once);
    const float first = once->step(actions).reward;
    const float sum = first + once->step(actions).reward;
    EXPECT_NEAR(twice->step(actions).reward, sum, 1e-6);
    EXPECT_TRUE(std::ranges::equal(twice->observation(0), once->observation(0)));
  }
}

TEST(DmControl, ClipsActionsToTheirRange) {
  const auto env = make("dmcontrol/quadruped-walk");
  env->reset(1);
  env->step(std::vector<float>(12, 7.0f));
  EXPECT_EQ(env->physics().ctrl()[0], 1.0);
  EXPECT_EQ(env->physics().ctrl()[1], 1.1);  // the one actuator beyond [-1, 1]
  EXPECT_EQ(env->physics().ctrl()[2], 0.8);
}

TEST(DmControl, CutsAnEpisodeThatTheEngineFindsUnstable) {
  const auto env = make("dmcontrol/walker-walk");
  env->reset(1);
  const std::vector<float> before(env->observation(0).begin(), env->observation(0).end());
  env->physics().qvel()[3] = 1e12;
  const auto result = env->step(std::vector<float>(6));
  EXPECT_TRUE(result.truncated);
  EXPECT_FALSE(result.terminated);
  EXPECT_EQ(result.reward, 0.0f);
  EXPECT_TRUE(std::ranges::equal(env->observation(0), before));
  env->reset(2);
  EXPECT_FALSE(env->step(std::vector<float>(6)).over());
}

TEST(DmControl, EnvironmentsDoNotShareWhatAnEpisodeChanges) {
  const auto one = make("dmcontrol/reacher-easy");
  const auto other = make("dmcontrol/reacher-easy");
  one->reset(1);
  const std::vector<float> seen(one->observation(0).begin(), one->observation(0).end());
  other->reset(2);
  one->update_observation();
  EXPECT_TRUE(std::ranges::equal(one->observation(0), seen));
  one->reset(1);
  EXPECT_TRUE(std::ranges::equal(one->observation(0), seen));
}

TEST(DmControl, NamesTheNearestTaskAndField) {
  const auto message = [](const std::string& toml) {
    try {
      make_env(parse_toml(toml, "test"));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message("id = \"dmcontrol/walker-wakl\"").find("dmcontrol/walker-walk"),
            std::string::npos);
  EXPECT_NE(message("id = \"dmcontrol/walker-walk\"\naction_repeats = 2").find("action_repeat"),
            std::string::npos);
  EXPECT_NE(message("id = \"dmcontrol/walker-walk\"\naction_repeat = 0").find("action_repeat"),
            std::string::npos);
}

TEST(DmControl, DrawsEveryTask) {
  for (const auto& task : dmcontrol_tasks()) {
    const auto env = make(task);
    env->reset(2);
    Scene scene;
    ASSERT_TRUE(env->describe_scene(scene)) << task;
    // More than the ground, and somewhere in the picture.
    int num_inside = 0;
    for (std::size_t i = 1; i < scene.shapes.size(); ++i) {
      const auto& point = scene.shapes[i].points.at(0);
      num_inside += point.x > 0 && point.x < scene.width && point.y > 0 && point.y < scene.height;
    }
    EXPECT_GE(num_inside, 2) << task;
  }
}

}  // namespace
}  // namespace foresight
