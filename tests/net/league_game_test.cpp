#include "net/league_game.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "env/hockey/basic_opponent.h"
#include "net/client_session.h"

namespace foresight {
namespace {

constexpr std::array<float, 4> kStill{};

TEST(LeagueGame, HasFourRoundsOf251Steps) {
  LeagueGame game(1);
  for (int step = 0; step < 4 * 251; ++step) {
    ASSERT_FALSE(game.is_over()) << step;
    EXPECT_EQ(is_kick_off(game.observation(0)), step % 251 == 0) << step;
    game.play(step % 251 == 0 ? std::array<float, 4>{1, 0, 0, 0} : kStill, kStill);
  }
  EXPECT_TRUE(game.is_over());
  EXPECT_EQ(game.steps(), 1004);
}

TEST(LeagueGame, BothPlayersSeeThemselvesOnTheLeft) {
  LeagueGame game(1);
  EXPECT_TRUE(is_kick_off(game.observation(0)));
  EXPECT_TRUE(is_kick_off(game.observation(1)));
  // Where one sees the puck, the other sees the mirror image.
  EXPECT_EQ(game.observation(0)[12], -game.observation(1)[12]);
  EXPECT_EQ(game.observation(0)[13], -game.observation(1)[13]);
  // Each moves forward in its own view.
  const std::array<float, 4> forward{1, 0, 0, 0};
  for (int i = 0; i < 10; ++i) game.play(forward, forward);
  EXPECT_GT(game.observation(0)[0], -2.0f);
  EXPECT_GT(game.observation(1)[0], -2.0f);
}

TEST(LeagueGame, ThePuckChangesSidesBetweenRounds) {
  for (const std::uint64_t seed : {2u, 3u}) {
    LeagueGame game(seed);
    for (int round = 0; round < 4; ++round) {
      const bool is_left = game.observation(0)[12] < 0.0f;
      EXPECT_EQ(is_left, (seed + round) % 2 == 0);
      for (int step = 0; step < 251; ++step) game.play(kStill, kStill);
    }
  }
}

TEST(LeagueGame, TheStrongBotBeatsTheWeakOneOnEitherSide) {
  std::int64_t strong = 0;
  std::int64_t weak = 0;
  for (std::uint32_t seed = 0; seed < 16; ++seed) {
    const int side = seed % 4 < 2 ? 0 : 1;  // of the strong one; each side begins and does not
    LeagueGame game(seed);
    std::array bots{BasicOpponent(OpponentStrength::kWeak, true, seed),
                    BasicOpponent(OpponentStrength::kWeak, true, seed + 100)};
    bots[side] = BasicOpponent(OpponentStrength::kStrong, true, seed);
    while (!game.is_over()) {
      std::array<std::array<float, 4>, 2> actions{};
      for (const int i : {0, 1}) {
        std::ranges::copy(bots[i].act(game.observation(i)), actions[i].begin());
      }
      game.play(actions[0], actions[1]);
    }
    strong += game.score()[side];
    weak += game.score()[1 - side];
    EXPECT_LE(game.score()[0] + game.score()[1], 4);
  }
  EXPECT_GT(strong, weak);
  EXPECT_GT(weak, 0);
}

TEST(LeagueGame, TheSameSeedGivesTheSameGame) {
  const auto last = [](std::uint64_t seed) {
    LeagueGame game(seed);
    for (int i = 0; i < 600; ++i) game.play(std::array<float, 4>{1, 0.3f, 0, 0}, kStill);
    return std::vector(game.observation(0).begin(), game.observation(0).end());
  };
  EXPECT_EQ(last(5), last(5));
  EXPECT_NE(last(5), last(7));
}

}  // namespace
}  // namespace foresight
