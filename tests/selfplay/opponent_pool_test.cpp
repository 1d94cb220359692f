#include "selfplay/opponent_pool.h"

#include <gtest/gtest.h>

#include <map>

#include "agent/model_card.h"
#include "base/error.h"
#include "io/scratch_folder.h"
#include "selfplay/copy_pool.h"

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

class PoolOfCopies : public ScratchFolder {
 protected:
  // Random agents stand for the copies.
  void add_copy(CopyPool& copies) const {
    const auto folder = copies.folder_of(copies.add(0));
    std::filesystem::create_directories(folder);
    ModelCard card;
    card.env = parse_toml("id = \"fake\"", "test");
    card.agent = parse_toml("id = \"random\"", "test");
    write_model_card(folder, card);
  }
  SelfplayConfig config_;
};

TEST_F(PoolOfCopies, MeetsNoCopyWhileThereIsNone) {
  CopyPool copies(config_, folder_);
  OpponentPool pool(context(1), &copies);
  pool.set_mixture({{"one", 1.0}, {"self", 1000.0}});
  for (int seed = 0; seed < 50; ++seed) {
    pool.begin_game(0, seed);
    EXPECT_EQ(pool.name(0), "one");
  }
  pool.set_mixture({{"self", 1.0}});
  EXPECT_THROW(pool.begin_game(0, 1), ContractViolation);
}

TEST_F(PoolOfCopies, SharesTheGamesBetweenBotsAndCopies) {
  config_.draw = "uniform";
  CopyPool copies(config_, folder_);
  add_copy(copies);
  add_copy(copies);
  OpponentPool pool(context(1), &copies);
  pool.set_mixture({{"one", 1.0}, {"self", 3.0}});
  std::map<std::string, int> count;
  for (int seed = 0; seed < 4000; ++seed) {
    pool.begin_game(0, seed);
    ++count[pool.name(0)];
  }
  // Give or take four standard deviations (27 and 31).
  EXPECT_NEAR(count["one"], 1000, 110);
  EXPECT_NEAR(count["self/copy_0001"], 1500, 130);
  EXPECT_NEAR(count["self/copy_0002"], 1500, 130);
}

TEST_F(PoolOfCopies, KeepsACopyThatHasLeftUntilItsLastGameIsOver) {
  config_.pool_size = 1;
  CopyPool copies(config_, folder_);
  add_copy(copies);
  OpponentPool pool(context(2), &copies);
  pool.set_mixture({{"self", 1.0}});
  pool.begin_game(0, 1);
  pool.begin_game(1, 2);
  add_copy(copies);
  pool.begin_game(0, 3);
  EXPECT_EQ(pool.name(0), "self/copy_0002");
  EXPECT_EQ(pool.name(1), "self/copy_0001");
  EXPECT_EQ(pool.opponents(), (std::vector<std::string>{"self/copy_0001", "self/copy_0002"}));
  act(pool, 2);
  pool.begin_game(1, 4);
  EXPECT_EQ(pool.opponents(), (std::vector<std::string>{"self/copy_0002"}));
}

}  // namespace
}  // namespace foresight
