// Promises of the hockey environment beyond those of every environment.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "env/env.h"
#include "env/hockey/hockey_env.h"

namespace foresight {
namespace {

// Puts seeded random actions into `actions`, held for a few steps so that the players get about.
class SeededPlay {
 public:
  explicit SeededPlay(std::uint64_t seed) : rng_(seed, "play") {}
  std::span<const float> act() {
    if (num_acts_++ % 10 == 0) {
      for (auto& action : actions_) action = static_cast<float>(rng_.uniform(-1.0, 1.0));
    }
    return actions_;
  }

 private:
  Rng rng_;
  std::array<float, 8> actions_{};
  int num_acts_ = 0;
};

TEST(HockeyEnv, ShowsTheRightPlayerTheFieldTurnedByHalfATurn) {
  HockeyEnv env{HockeyEnvConfig{}};
  SeededPlay play(1);
  const std::array is_turned{true, true, false, true, true, false};  // x, y, angle, vx, vy, spin
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    env.reset(seed);
    bool is_over = false;
    while (!is_over) {
      const auto left = env.observation(0);
      const auto right = env.observation(1);
      for (int i = 0; i < 6; ++i) {
        const float sign = is_turned[i] ? -1.0f : 1.0f;
        ASSERT_EQ(right[i], sign * left[6 + i]);
        ASSERT_EQ(right[6 + i], sign * left[i]);
      }
      for (int i = 12; i < 16; ++i) ASSERT_EQ(right[i], -left[i]);
      ASSERT_EQ(right[16], left[17]);
      ASSERT_EQ(right[17], left[16]);
      is_over = env.step(play.act()).over();
    }
  }
}

// A change of this number is a change of the game: no learning curve compares across it.
TEST(HockeyEnv, PlaysTenThousandStepsToTheCommittedHash) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&hash](float value) {
    hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * 0x100000001b3;
  };
  SeededPlay play(2026);
  HockeyEnv env{HockeyEnvConfig{}};
  std::uint64_t seed = 0;
  env.reset(seed);
  for (int step = 0; step < 10000; ++step) {
    const auto result = env.step(play.act());
    for (const int player : {0, 1}) {
      for (const float value : env.observation(player)) add(value);
    }
    add(result.reward);
    if (result.over()) env.reset(++seed);
  }
  EXPECT_EQ(hash, 2936950962776969290u);
}

}  // namespace
}  // namespace foresight
