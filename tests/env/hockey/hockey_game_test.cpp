// Rules that recorded games seldom or never reach, one by one.
#include "env/hockey/hockey_game.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

constexpr auto kLeft = HockeySide::kLeft;
constexpr auto kRight = HockeySide::kRight;
constexpr std::array<double, 8> kNothing{};

HockeyGame new_game(HockeyMode mode = HockeyMode::kNormal) {
  return HockeyGame(mode, /*keep_mode=*/true, std::uint64_t{1});
}

// A state as set_state takes it: rackets at their places, the puck at rest in the middle.
std::array<double, 18> calm_state() {
  std::array<double, 18> state{};
  state[0] = -3.0;
  state[6] = 3.0;
  return state;
}

HockeyGame game_from(const std::array<double, 18>& state) {
  auto game = new_game();
  game.set_state(state);
  return game;
}

// A puck that lies on the left racket (`side` 0) or the right one and moves at vx.
std::array<double, 18> touching_state(int side, float vx) {
  auto state = calm_state();
  state[12] = side == 0 ? -3.0 : 3.0;
  state[14] = vx;
  return state;
}

TEST(HockeyGame, CapturesAPuckThatDoesNotClearlyLeave) {
  const float below = std::nextafter(0.1f, 0.0f);
  const std::array<std::pair<float, bool>, 3> cases{{{-1.0f, true}, {below, true}, {0.1f, false}}};
  for (const auto& [vx, is_captured] : cases) {
    auto left = game_from(touching_state(0, vx));
    left.step(kNothing);
    EXPECT_EQ(left.has_puck(kLeft), is_captured ? 15 : 0) << vx;
    EXPECT_EQ(left.info(kLeft).touch, is_captured ? 1 : 0) << vx;
    auto right = game_from(touching_state(1, -vx));
    right.step(kNothing);
    EXPECT_EQ(right.has_puck(kRight), is_captured ? 15 : 0) << vx;
    EXPECT_EQ(right.info(kRight).touch, is_captured ? 1 : 0) << vx;
  }
}

TEST(HockeyGame, CapturesNothingWithoutKeepMode) {
  HockeyGame game(HockeyMode::kNormal, /*keep_mode=*/false, std::uint64_t{1});
  const auto state = touching_state(0, -1.0f);
  game.set_state(std::span(state).first(16));
  game.step(std::array<double, 6>{});
  EXPECT_EQ(game.has_puck(kLeft), 0);
  EXPECT_EQ(game.num_touching_contacts(), 1);
}

TEST(HockeyGame, ShootsByItselfFourteenStepsAfterACapture) {
  auto game = game_from(touching_state(0, -1.0f));
  game.step(kNothing);
  for (int counter = 14; counter >= 2; --counter) {
    game.step(kNothing);
    ASSERT_EQ(game.has_puck(kLeft), counter);
    ASSERT_LT(game.puck().vx, 5.0f);
  }
  game.step(kNothing);
  EXPECT_EQ(game.has_puck(kLeft), 0);
  EXPECT_GT(game.puck().vx, 50.0f);
}

TEST(HockeyGame, ShootsOnlyAboveOneHalf) {
  std::array<double, 8> action{};
  action[3] = 0.5;
  auto state = calm_state();
  state[16] = 10;
  auto game = game_from(state);
  game.step(action);
  EXPECT_EQ(game.has_puck(kLeft), 9);
  action[3] = 0.500001;
  game.step(action);
  EXPECT_EQ(game.has_puck(kLeft), 0);
  EXPECT_GT(game.puck().vx, 50.0f);
}

TEST(HockeyGame, GivesThePuckToTheRightPlayerIfBothHoldIt) {
  auto state = calm_state();
  state[16] = 8;
  state[17] = 5;
  auto game = game_from(state);
  game.step(kNothing);
  EXPECT_GT(game.puck().x, 7.0f);
  EXPECT_EQ(game.has_puck(kLeft), 7);
  EXPECT_EQ(game.has_puck(kRight), 4);
}

TEST(HockeyGame, KeepsACounterOfOneForEverAndCapturesNothingThen) {
  auto state = touching_state(0, -1.0f);
  state[16] = 1;
  auto game = game_from(state);
  for (int step = 0; step < 5; ++step) game.step(kNothing);
  EXPECT_EQ(game.has_puck(kLeft), 1);
}

TEST(HockeyGame, CarriesAHeldPuckOverToTheNextEpisodeUnlessToldToForget) {
  auto state = calm_state();
  state[17] = 9;
  auto game = game_from(state);
  game.reset(true, std::uint64_t{2});
  EXPECT_EQ(game.has_puck(kRight), 9);
  game.step(kNothing);
  EXPECT_EQ(game.has_puck(kRight), 8);
  EXPECT_GT(game.puck().x, 7.0f);
  game.forget_history();
  game.reset(true, std::uint64_t{2});
  EXPECT_EQ(game.has_puck(kRight), 0);
}

// At 10 units / s exactly a force that does not slow down is refused; just below it is allowed.
TEST(HockeyGame, RefusesToPushARacketThatIsExactlyAtTopSpeed) {
  const auto speed_after = [](float vx, float vy, double force) {
    auto state = calm_state();
    state[0] = -2.0;
    state[3] = vx;
    state[4] = vy;
    auto game = game_from(state);
    std::array<double, 8> action{};
    action[1] = force;
    game.step(action);
    return game.player(kLeft).vy;
  };
  EXPECT_EQ(speed_after(6.0f, 8.0f, 1.0), speed_after(6.0f, 8.0f, 0.0));
  EXPECT_LT(speed_after(6.0f, 8.0f, -1.0), speed_after(6.0f, 8.0f, 0.0));
  const float below = std::nextafter(8.0f, 0.0f);
  EXPECT_GT(speed_after(6.0f, below, 1.0), speed_after(6.0f, below, 0.0));
}

TEST(HockeyGame, StopsARacketAtTheBorderAtOnce) {
  auto state = calm_state();
  state[0] = -3.9;
  state[3] = -2.0;
  state[4] = 1.0;
  std::array<double, 8> action{};
  action[0] = -0.5;
  auto game = game_from(state);
  game.step(action);
  EXPECT_EQ(game.player(kLeft).vx, 0.0f);
  EXPECT_GT(game.player(kLeft).vy, 0.5f);
}

TEST(HockeyGame, ThrowsARacketBackAtTheCentreLine) {
  auto state = calm_state();
  state[0] = -0.3;
  state[3] = 5.0;
  auto game = game_from(state);
  game.step(kNothing);
  EXPECT_LT(game.player(kLeft).vx, -1.0f);
}

TEST(HockeyGame, TurnsARacketBackBeyondSixtyDegrees) {
  auto state = calm_state();
  state[2] = 1.2;
  state[5] = 3.0;
  std::array<double, 8> action{};
  action[2] = 1.0;
  auto game = game_from(state);
  game.step(action);
  const float spin = game.player(kLeft).angular_velocity;
  EXPECT_LT(spin, 2.5f);
  game.step(action);
  EXPECT_LT(game.player(kLeft).angular_velocity, spin);
}

TEST(HockeyGame, SlowsAPuckOnlyAboveTwentyFive) {
  const auto speed_after = [](float vx) {
    auto state = calm_state();
    state[13] = 2.0;
    state[14] = vx;
    auto game = game_from(state);
    game.step(kNothing);
    return game.puck().vx;
  };
  EXPECT_NEAR(speed_after(25.0f), 25.0 * (1 - 0.05 / 50), 1e-4);
  EXPECT_NEAR(speed_after(25.001f), 25.001 * (1 - 10.0 / 50), 1e-4);
}

TEST(HockeyGame, EndsOnStep251OrIn81InADrill) {
  for (const auto mode : {HockeyMode::kNormal, HockeyMode::kShooting}) {
    auto game = new_game(mode);
    const int length = mode == HockeyMode::kNormal ? 251 : 81;
    for (int step = 1; step < length; ++step) {
      game.step(kNothing);
      ASSERT_FALSE(game.done()) << step;
    }
    game.step(kNothing);
    EXPECT_TRUE(game.done());
    EXPECT_EQ(game.winner(), 0);
    EXPECT_EQ(game.goal_reward(kLeft), 0.0);
  }
}

TEST(HockeyGame, PaysAGoalInEveryStepAfterIt) {
  auto state = calm_state();
  state[12] = 3.5;
  state[14] = 20.0;
  state[7] = 2.0;
  auto game = game_from(state);
  for (int step = 0; step < 10; ++step) game.step(kNothing);
  ASSERT_TRUE(game.done());
  EXPECT_EQ(game.winner(), 1);
  game.step(kNothing);
  EXPECT_TRUE(game.done());
  EXPECT_EQ(game.goal_reward(kLeft), 10.0);
  EXPECT_EQ(game.goal_reward(kRight), -10.0);
  EXPECT_EQ(game.info(kLeft).winner, 1);
  EXPECT_EQ(game.info(kRight).winner, -1);
}

TEST(HockeyGame, HoldsTheDefenseShotBackUntilTheFirstStep) {
  auto game = new_game(HockeyMode::kDefense);
  EXPECT_EQ(game.puck().vx, 0.0f);
  EXPECT_LT(game.pending_puck_force()[0], 0.0f);
  game.step(kNothing);
  EXPECT_LT(game.puck().vx, -40.0f);
  EXPECT_EQ(game.pending_puck_force(), (std::array<float, 2>{}));
}

TEST(HockeyGame, AlternatesTheStartIfNotTold) {
  auto game = new_game();  // left started
  for (const bool left_starts : {false, true, false}) {
    game.reset(std::nullopt, std::uint64_t{1});
    EXPECT_EQ(game.left_starts(), left_starts);
    EXPECT_EQ(game.puck().x < 5.0f, left_starts);
  }
}

TEST(HockeyGame, DrawsFromTheSystemWithoutASeed) {
  auto game = new_game();
  game.reset(true, std::nullopt);
  const auto first = game.puck();
  game.reset(true, std::nullopt);
  EXPECT_NE(first.x, game.puck().x);
}

TEST(HockeyGame, WakesASleepingPuckOnlyWithAVelocity) {
  auto game = new_game();
  for (int step = 0; step < 40; ++step) game.step(kNothing);
  ASSERT_FALSE(game.puck().is_awake);
  auto state = calm_state();
  state[13] = 1.0;
  game.set_state(state);
  EXPECT_FALSE(game.puck().is_awake);
  EXPECT_EQ(game.puck().y, 5.0f);
  state[14] = 0.1;
  game.set_state(state);
  EXPECT_TRUE(game.puck().is_awake);
}

TEST(HockeyGame, LetsNotANumberThroughLikeTheOriginal) {
  std::array<double, 8> action{};
  action[1] = std::numeric_limits<double>::quiet_NaN();
  action[3] = action[1];
  auto game = new_game();
  game.step(action);
  EXPECT_TRUE(std::isnan(game.player(kLeft).vy));
  EXPECT_EQ(game.player(kLeft).x, 2.0f);
  EXPECT_EQ(game.player(kRight).y, 4.0f);
}

TEST(HockeyGame, ClipsActions) {
  auto clipped = new_game();
  auto full = new_game();
  clipped.step(std::array<double, 8>{5, -7, 2, 0, -3, 9, -8, 0});
  full.step(std::array<double, 8>{1, -1, 1, 0, -1, 1, -1, 0});
  EXPECT_EQ(clipped.player(kLeft).vx, full.player(kLeft).vx);
  EXPECT_EQ(clipped.player(kRight).vy, full.player(kRight).vy);
  EXPECT_EQ(clipped.player(kRight).angular_velocity, full.player(kRight).angular_velocity);
}

TEST(HockeyGame, RefusesAWrongNumberOfActionsOrStates) {
  auto game = new_game();
  EXPECT_THROW(game.step(std::array<double, 6>{}), ContractViolation);
  EXPECT_THROW(game.set_state(std::array<double, 16>{}), ContractViolation);
}

TEST(HockeyGame, CopiesAStateThatGoesOnAlike) {
  auto game = new_game(HockeyMode::kDefense);
  auto copy = new_game(HockeyMode::kNormal);
  copy.copy_state(game);
  copy.copy_state(game);  // waiting forces do not add up
  for (int step = 0; step < 5; ++step) {
    game.step(kNothing);
    copy.step(kNothing);
    EXPECT_NEAR(copy.puck().x, game.puck().x, 1e-4);
    EXPECT_NEAR(copy.puck().vy, game.puck().vy, 1e-3);
  }
  EXPECT_EQ(copy.elapsed_steps(), 5);
  EXPECT_EQ(copy.max_steps(), 80);
}

}  // namespace
}  // namespace foresight
