// What every registered environment promises (src/env/env.h), whatever it is. An environment that
// registers itself is tested here without a line being added.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "conformance_env/allocation_counter.h"
#include "env/env.h"
#include "env/python/python_envs.h"
#include "env/vec_env.h"

namespace foresight {
namespace {

constexpr std::int64_t kManySteps = 2000;  // more than any episode needs to be looked at

// Environments in other processes need packages: this fake stands for them all.
const std::string kFakeInPython = "fake_envs:Walk";

// Episodes longer than this are cut by env.max_steps, for those that have it: what holds for 40
// steps of a simulated dog holds for 500, which would take minutes.
constexpr std::int64_t kLongEpisode = 300;
constexpr std::int64_t kShortEpisode = 40;

std::unique_ptr<Env> make(const std::string& name) {
  if (name == kFakeInPython) return make_fake_env("Walk");
  const EnvEntry& entry = EnvRegistry::instance().find(name, "environment");
  auto env = entry.make(Table{});
  if (env->spec().max_episode_steps <= kLongEpisode) return env;
  ConfigProblems problems;
  Table section = entry.resolve(Table{}, problems);
  if (!section.contains("max_steps")) return env;
  section.set("max_steps", {kShortEpisode, "test"});
  return entry.make(section);
}

std::vector<std::string> env_names() {
  std::vector<std::string> names;
  for (const auto& name : EnvRegistry::instance().names()) {
    if (!EnvRegistry::instance().find(name, "environment").is_external) names.push_back(name);
  }
  if (!gymnasium_python().empty()) names.push_back(kFakeInPython);
  return names;
}

void for_each_env(const std::function<void(const std::string& name)>& check) {
  auto names = env_names();
  const std::string only = FORESIGHT_CONFORMANCE_ENV;  // empty: all
  if (!only.empty()) std::erase_if(names, [&](const auto& name) { return name != only; });
  ASSERT_FALSE(names.empty());
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    check(name);
  }
}

// Random actions in [-1, 1], held for a while so that something happens.
class RandomPlayer {
 public:
  RandomPlayer(const EnvSpec& spec, std::uint64_t seed)
      : rng_(seed, "conformance"), actions_(spec.num_players * spec.action_dim) {}
  std::span<const float> act() {
    if (num_acts_++ % 8 == 0) {
      for (auto& action : actions_) action = static_cast<float>(rng_.uniform(-1.0, 1.0));
    }
    return actions_;
  }

 private:
  Rng rng_;
  std::vector<float> actions_;
  int num_acts_ = 0;
};

// Every number of an episode: observations of all players, rewards, ends.
std::vector<std::uint32_t> play_episode(Env& env, std::uint64_t seed) {
  std::vector<std::uint32_t> bits;
  const auto look = [&] {
    for (int player = 0; player < env.spec().num_players; ++player) {
      for (const float x : env.observation(player)) bits.push_back(std::bit_cast<std::uint32_t>(x));
    }
  };
  RandomPlayer player(env.spec(), seed);
  env.reset(seed);
  look();
  for (std::int64_t step = 0; step < kManySteps; ++step) {
    const auto result = env.step(player.act());
    look();
    bits.push_back(std::bit_cast<std::uint32_t>(result.reward));
    bits.push_back(static_cast<std::uint32_t>(result.terminated * 2 + result.truncated));
    if (result.over()) break;
  }
  return bits;
}

TEST(EveryEnv, PlaysTheSameEpisodeFromTheSameSeedWhateverCameBefore) {
  for_each_env([](const std::string& name) {
    const auto fresh = make(name);
    const auto used = make(name);
    for (std::uint64_t seed = 100; seed < 110; ++seed) play_episode(*used, seed);
    EXPECT_EQ(play_episode(*fresh, 7), play_episode(*used, 7));
  });
}

TEST(EveryEnv, StartsAnEpisodeInTheMiddleOfAnother) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    const auto expected = play_episode(*env, 7);
    env->reset(8);
    RandomPlayer player(env->spec(), 8);
    for (int step = 0; step < 3; ++step) env->step(player.act());
    EXPECT_EQ(play_episode(*env, 7), expected);
  });
}

TEST(EveryEnv, ShowsFiniteObservationsOfTheStatedShape) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    const auto& spec = env->spec();
    EXPECT_EQ(spec.id, name);
    EXPECT_GT(spec.observation_dim, 0);
    EXPECT_GT(spec.action_dim, 0);
    EXPECT_GT(spec.max_episode_steps, 0);
    if (!spec.observation_names.empty()) {
      EXPECT_EQ(std::ssize(spec.observation_names), spec.observation_dim);
    }
    RandomPlayer random(spec, 3);
    env->reset(3);
    bool is_over = false;
    for (std::int64_t step = 0; step < kManySteps && !is_over; ++step) {
      for (int player = 0; player < spec.num_players; ++player) {
        ASSERT_EQ(std::ssize(env->observation(player)), spec.observation_dim);
        for (const float x : env->observation(player)) ASSERT_TRUE(std::isfinite(x)) << step;
      }
      const auto result = env->step(random.act());
      ASSERT_TRUE(std::isfinite(result.reward));
      is_over = result.over();
    }
  });
}

TEST(EveryEnv, EndsAsItsSpecSays) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      RandomPlayer player(env->spec(), seed);
      env->reset(seed);
      StepResult result;
      std::int64_t num_steps = 0;
      while (!result.over() && num_steps <= env->spec().max_episode_steps) {
        result = env->step(player.act());
        ++num_steps;
      }
      ASSERT_TRUE(result.over());
      EXPECT_LE(num_steps, env->spec().max_episode_steps);
      EXPECT_TRUE(env->spec().can_terminate || result.truncated);
      EXPECT_EQ(result.truncated, !result.terminated);
      if (result.truncated) {
        EXPECT_EQ(num_steps, env->spec().max_episode_steps);
      }
    }
  });
}

TEST(EveryEnv, RefusesToStepBeforeAResetAndAfterTheEnd) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    RandomPlayer player(env->spec(), 1);
    EXPECT_THROW(env->step(player.act()), ContractViolation);
    play_episode(*env, 1);
    EXPECT_THROW(env->step(player.act()), ContractViolation);
    env->reset(1);
    EXPECT_NO_THROW(env->step(player.act()));
  });
}

TEST(EveryEnv, RefusesAWrongNumberOfActions) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    env->reset(1);
    const std::vector<float> actions(env->spec().num_players * env->spec().action_dim + 1);
    EXPECT_THROW(env->step(actions), ContractViolation);
    EXPECT_THROW(env->step(std::span(actions).first(actions.size() - 2)), ContractViolation);
  });
}

TEST(EveryEnv, RefusesActionsThatAreNoNumbers) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    env->reset(1);
    const std::vector<float> actions(env->spec().num_players * env->spec().action_dim,
                                     std::nanf(""));
    EXPECT_THROW(env->step(actions), ContractViolation);
  });
}

TEST(EveryEnv, PaysTheSumOfItsRewardTerms) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    const auto num_terms = env->spec().reward_terms.size();
    if (num_terms == 0) return;
    RandomPlayer player(env->spec(), 5);
    env->reset(5);
    bool is_over = false;
    while (!is_over) {
      const auto result = env->step(player.act());
      ASSERT_EQ(env->reward_terms().size(), num_terms);
      double sum = 0.0;
      for (const float term : env->reward_terms()) sum += term;
      ASSERT_NEAR(result.reward, sum, 1e-5);  // the terms are rounded one by one
      is_over = result.over();
    }
  });
}

TEST(EveryEnv, AllocatesNothingInAStep) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      RandomPlayer player(env->spec(), seed);
      env->reset(seed);
      const AllocationCounter counter;
      while (!env->step(player.act()).over()) {
      }
      ASSERT_EQ(counter.count(), 0) << "seed " << seed;
    }
  });
}

TEST(EveryEnv, DescribesAPictureOfFiniteShapesIfAny) {
  for_each_env([](const std::string& name) {
    const auto env = make(name);
    env->reset(2);
    Scene scene;
    if (!env->describe_scene(scene)) return;
    EXPECT_GT(scene.width, 0.0);
    EXPECT_GT(scene.height, 0.0);
    EXPECT_FALSE(scene.shapes.empty());
    for (const auto& shape : scene.shapes) {
      ASSERT_FALSE(shape.points.empty());
      for (const auto& point : shape.points) {
        EXPECT_TRUE(std::isfinite(point.x) && std::isfinite(point.y));
      }
    }
  });
}

std::unique_ptr<VecEnv> make_many(const std::string& name, const VecEnvOptions& options) {
  std::vector<std::unique_ptr<Env>> envs;
  for (int i = 0; i < 5; ++i) envs.push_back(make(name));
  return std::make_unique<VecEnv>(std::move(envs), options);
}

void act_randomly(VecEnv& envs, Rng& rng) {
  for (auto& action : envs.actions()) action = static_cast<float>(rng.uniform(-1.0, 1.0));
}

TEST(EveryEnv, ComesOutTheSameWithAnyNumberOfThreads) {
  for_each_env([](const std::string& name) {
    const auto one = make_many(name, {.seed = 3, .num_threads = 1});
    const auto two = make_many(name, {.seed = 3, .num_threads = 2});
    const auto three = make_many(name, {.seed = 3, .num_threads = 3});
    for (auto* envs : {one.get(), two.get(), three.get()}) envs->reset();
    Rng rng(3, "actions");
    const auto equal = [](std::span<const float> a, std::span<const float> b) {
      return std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
    };
    const auto num_steps = std::min<std::int64_t>(600, 3 * one->spec().max_episode_steps);
    for (std::int64_t step = 0; step < num_steps; ++step) {
      act_randomly(*one, rng);
      for (auto* envs : {two.get(), three.get()}) {
        std::ranges::copy(one->actions(), envs->actions().begin());
      }
      for (auto* envs : {one.get(), two.get(), three.get()}) envs->step();
      for (auto* envs : {two.get(), three.get()}) {
        ASSERT_TRUE(equal(one->observations(), envs->observations())) << step;
        ASSERT_TRUE(equal(one->final_observations(), envs->final_observations())) << step;
        ASSERT_TRUE(equal(one->rewards(), envs->rewards())) << step;
        ASSERT_TRUE(std::ranges::equal(one->terminated(), envs->terminated())) << step;
        ASSERT_TRUE(std::ranges::equal(one->truncated(), envs->truncated())) << step;
      }
    }
  });
}

TEST(EveryEnv, StepsInManyCopiesWithoutAllocating) {
  for_each_env([](const std::string& name) {
    const auto envs = make_many(name, {.seed = 1, .auto_reset = false, .num_threads = 2});
    envs->reset();
    Rng rng(1, "actions");
    bool is_over = false;
    const AllocationCounter counter;
    while (!is_over) {
      act_randomly(*envs, rng);
      envs->step();
      for (std::int64_t i = 0; i < envs->num_envs(); ++i) {
        is_over |= envs->terminated()[i] || envs->truncated()[i];
      }
    }
    EXPECT_EQ(counter.count(), 0);
  });
}

}  // namespace
}  // namespace foresight
