#include "env/hockey/basic_opponent.h"

#include <gtest/gtest.h>

#include <array>

#include "env/hockey/hockey_game.h"

namespace foresight {
namespace {

TEST(BasicOpponent, ActsAlikeOnSingleAndDoublePrecision) {
  HockeyGame game(HockeyMode::kNormal, /*keep_mode=*/true, std::uint64_t{3});
  BasicOpponent narrow(OpponentStrength::kStrong, true, 5);
  BasicOpponent wide(OpponentStrength::kStrong, true, 5);
  std::array<float, 18> floats;
  std::array<double, 18> doubles;
  for (int step = 0; step < 100; ++step) {
    game.observe(HockeySide::kLeft, std::span<float>(floats));
    game.observe(HockeySide::kLeft, std::span<double>(doubles));
    const auto action = wide.act(std::span<const double>(doubles));
    ASSERT_EQ(narrow.act(std::span<const float>(floats)), action);
    std::array<double, 8> both{};
    std::copy(action.begin(), action.end(), both.begin());
    game.step(both);
  }
}

TEST(BasicOpponent, ShootsWhileItMayHoldThePuckForLessThanSevenSteps) {
  std::array<double, 18> observation{};
  for (const int hold : {0, 1, 6, 7, 15}) {
    observation[16] = hold;
    const bool shoots = hold == 1 || hold == 6;
    EXPECT_EQ(basic_opponent_action(OpponentStrength::kWeak, true, 0, observation)[3],
              shoots ? 1 : 0);
    EXPECT_EQ(basic_opponent_action(OpponentStrength::kWeak, false, 0, observation)[3], 0);
  }
}

TEST(BasicOpponent, StartsOverFromANewSeed) {
  const std::array<double, 18> observation{};
  BasicOpponent opponent(OpponentStrength::kWeak, true, 1);
  const double phase = opponent.phase();
  opponent.act(observation);
  EXPECT_NE(opponent.phase(), phase);
  opponent.reseed(1);
  EXPECT_EQ(opponent.phase(), phase);
  opponent.reseed(2);
  EXPECT_NE(opponent.phase(), phase);
}

TEST(BasicOpponent, IsFasterWhenStrong) {
  std::array<double, 18> observation{};
  observation[0] = -3.0;
  observation[12] = -1.0;
  const auto weak = basic_opponent_action(OpponentStrength::kWeak, true, 0, observation);
  const auto strong = basic_opponent_action(OpponentStrength::kStrong, true, 0, observation);
  observation[12] = -2.7;
  const auto near = basic_opponent_action(OpponentStrength::kWeak, true, 0, observation);
  EXPECT_EQ(strong[0], 1.0);
  EXPECT_EQ(weak[0], 1.0);
  EXPECT_NEAR(near[0], 0.25, 1e-9);
}

}  // namespace
}  // namespace foresight
