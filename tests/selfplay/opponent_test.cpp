#include "selfplay/opponent.h"

#include <gtest/gtest.h>

#include <vector>

#include "agent/model_card.h"
#include "env/env.h"
#include "env/hockey/basic_opponent.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

using OpponentTest = ScratchFolder;

Table hockey_section() { return parse_toml("id = \"hockey\"", "test"); }

OpponentContext hockey_context(std::int64_t num_games) {
  return {.env = make_env(hockey_section())->spec(), .num_games = num_games, .seed = 5};
}

// [K, O], puck and players somewhere.
std::vector<float> some_observations(std::int64_t num_games) {
  std::vector<float> observations;
  for (std::int64_t i = 0; i < num_games * 18; ++i) {
    observations.push_back(static_cast<float>(i % 7) / 3.0f - 1.0f);
  }
  return observations;
}

std::vector<float> act(Opponent& opponent, const std::vector<std::int64_t>& games) {
  std::vector<float> actions(games.size() * 4, 9.0f);
  opponent.act(games, some_observations(std::ssize(games)), actions);
  return actions;
}

TEST(MakeOpponent, GivesTheBotsOfTheGame) {
  const auto weak = make_opponent("weak", hockey_context(2));
  weak->begin_game(1, 77);
  const auto actions = act(*weak, {1});
  BasicOpponent bot(OpponentStrength::kWeak, /*keep_mode=*/true, 77);
  const auto observations = some_observations(1);
  const auto expected = bot.act(std::span<const float>(observations));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(actions[i], static_cast<float>(expected[i]));
}

TEST(MakeOpponent, KeepsGamesApart) {
  const auto strong = make_opponent("strong", hockey_context(3));
  const auto alone = make_opponent("strong", hockey_context(3));
  strong->begin_game(0, 1);
  strong->begin_game(2, 2);
  alone->begin_game(2, 2);
  act(*strong, {0});  // must not move game 2's swing
  EXPECT_EQ(act(*strong, {2}), act(*alone, {2}));
}

TEST(MakeOpponent, RandomDependsOnTheGamesSeedAlone) {
  const auto first = make_opponent("random", hockey_context(2));
  const auto second = make_opponent("random", hockey_context(2));
  first->begin_game(0, 3);
  second->begin_game(1, 3);
  const auto actions = act(*first, {0});
  EXPECT_EQ(actions, act(*second, {1}));
  EXPECT_NE(actions, act(*first, {0}));
}

TEST(MakeOpponent, NoneStandsStill) {
  const auto none = make_opponent("none", hockey_context(1));
  none->begin_game(0, 1);
  EXPECT_EQ(act(*none, {0}), std::vector<float>(4, 0.0f));
}

TEST(MakeOpponent, TellsThatTheBotsPlayHockeyOnly) {
  const OpponentContext context{.env = {.id = "chess", .observation_dim = 18, .action_dim = 4}};
  const std::string text = error_of([&] { make_opponent("weak", context); });
  EXPECT_NE(text.find("play hockey only, not chess"), std::string::npos);
}

TEST(CheckOpponent, SuggestsTheNearestWord) {
  const std::string text = error_of([] { check_opponent("wek"); });
  EXPECT_EQ(text.find("unknown opponent \"wek\"; did you mean \"weak\"?"), 0u) << text;
  EXPECT_EQ(error_of([] { check_opponent("strong"); }), "");
}

TEST_F(OpponentTest, CanBeAModelWithOrWithoutItsPlanner) {
  ModelCard card;
  card.env = hockey_section();
  card.agent = parse_toml("id = \"random\"", "test");
  write_model_card(folder_, card);
  for (const std::string suffix : {"", ":policy"}) {
    check_opponent(folder_.string() + suffix);
    const auto model = make_opponent(folder_.string() + suffix, hockey_context(3));
    model->begin_game(2, 1);
    const auto actions = act(*model, {0, 2});
    for (const float action : actions) EXPECT_LE(std::abs(action), 1.0f);
  }
}

}  // namespace
}  // namespace foresight
