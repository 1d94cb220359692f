#include "selfplay/opponent_pool.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace foresight {
namespace {

// Acts with a constant, and notes with whom it acts.
class ConstantOpponent : public Opponent {
 public:
  explicit ConstantOpponent(float action) : action_(action) {}
  void begin_game(std::int64_t, std::uint64_t) override {}
  void act(std::span<const std::int64_t> games, std::span<const float> observations,
           std::span<float> actions) override {
    ASSERT_EQ(observations.size(), games.size() * 2);
    for (std::size_t row = 0; row < games.size(); ++row) {
      EXPECT_EQ(observations[row * 2], static_cast<float>(games[row]));
      actions[row] = action_;
    }
  }

 private:
  float action_;
};

bool add(const std::string& name, float action) {
  return OpponentRegistry::instance().add(
      name, {.help = "fake", .make = [action](const OpponentContext&) {
               return std::unique_ptr<Opponent>(std::make_unique<ConstantOpponent>(action));
             }});
}
[[maybe_unused]] const bool registered[] = {add("one", 1.0f), add("two", 2.0f)};

OpponentContext context(std::int64_t num_games) {
  return {.env = {.id = "fake", .observation_dim = 2, .action_dim = 1, .num_players = 2},
          .num_games = num_games,
          .seed = 1};
}

std::vector<float> act(OpponentPool& pool, std::int64_t num_games) {
  std::vector<float> observations;
  for (std::int64_t game = 0; game < num_games; ++game) {
    observations.push_back(static_cast<float>(game));
    observations.push_back(0.0f);
  }
  std::vector<float> actions(num_games, 9.0f);
  pool.act(observations, actions);
  return actions;
}

TEST(OpponentPool, LetsEveryGamesOwnOpponentAct) {
  OpponentPool pool(context(50));
  pool.set_mixture({{"one", 1.0}, {"two", 1.0}});
  for (std::int64_t game = 0; game < 50; ++game) pool.begin_game(game, game);
  const auto actions = act(pool, 50);
  for (std::int64_t game = 0; game < 50; ++game) {
    EXPECT_EQ(actions[game], pool.name(game) == "one" ? 1.0f : 2.0f);
  }
}

TEST(OpponentPool, DrawsByWeight) {
  OpponentPool pool(context(1));
  pool.set_mixture({{"one", 3.0}, {"two", 1.0}});
  std::map<std::string, int> count;
  for (int seed = 0; seed < 4000; ++seed) {
    pool.begin_game(0, seed);
    ++count[pool.name(0)];
  }
  // 3 of 4, give or take four standard deviations of 27.
  EXPECT_NEAR(count["one"], 3000, 110);
}

TEST(OpponentPool, DrawsTheSameForTheSameSeed) {
  OpponentPool pool(context(2));
  pool.set_mixture({{"one", 1.0}, {"two", 1.0}});
  for (int seed = 0; seed < 20; ++seed) {
    pool.begin_game(0, seed);
    pool.begin_game(1, seed);
    EXPECT_EQ(pool.name(0), pool.name(1));
  }
}

TEST(OpponentPool, KeepsOpponentsOfGamesInProgressWhenTheMixtureChanges) {
  OpponentPool pool(context(2));
  pool.set_mixture({{"one", 1.0}});
  pool.begin_game(0, 1);
  pool.begin_game(1, 1);
  pool.set_mixture({{"two", 1.0}});
  pool.begin_game(1, 2);
  EXPECT_EQ(act(pool, 2), (std::vector<float>{1.0f, 2.0f}));
}

TEST(OpponentPool, RefusesToBeginWithoutAMixture) {
  OpponentPool pool(context(1));
  EXPECT_THROW(pool.begin_game(0, 1), ContractViolation);
  EXPECT_THROW(pool.set_mixture({}), ContractViolation);
}

}  // namespace
}  // namespace foresight
