#include "selfplay/mixture_opponent.h"

#include <gtest/gtest.h>

#include <map>

#include "agent/model_card.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

using MixtureOpponentTest = ScratchFolder;

OpponentContext context(std::int64_t num_games) {
  return {.env = {.id = "fake", .observation_dim = 2, .action_dim = 1, .num_players = 2},
          .num_games = num_games,
          .seed = 1};
}

std::vector<float> act(Opponent& opponent, const std::vector<std::int64_t>& games) {
  std::vector<float> actions(games.size(), 9.0f);
  opponent.act(games, std::vector<float>(games.size() * 2, 0.5f), actions);
  return actions;
}

void write_random_model(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  ModelCard card;
  card.env = parse_toml("id = \"fake\"", "test");
  card.agent = parse_toml("id = \"random\"", "test");
  write_model_card(folder, card);
}

TEST(MixtureOpponent, MeetsItsMembersByWeight) {
  const auto mixture = make_opponent("none=1,random=3", context(1));
  int num_random = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    mixture->begin_game(0, seed);
    num_random += act(*mixture, {0})[0] == 0.0f ? 0 : 1;
  }
  EXPECT_NEAR(num_random, 3000, 110);  // four standard deviations of 27
}

TEST(MixtureOpponent, KeepsAMemberForTheWholeGameAndGamesApart) {
  const auto mixture = make_opponent("none=1,random=1", context(40));
  for (std::int64_t game = 0; game < 40; ++game) mixture->begin_game(game, 100 + game);
  std::vector<std::int64_t> all;
  for (std::int64_t game = 0; game < 40; ++game) all.push_back(game);
  const auto first = act(*mixture, all);
  const std::vector<std::int64_t> some{3, 7, 8, 20, 39};
  const auto later = act(*mixture, some);
  for (std::size_t k = 0; k < some.size(); ++k) {
    EXPECT_EQ(first[some[k]] == 0.0f, later[k] == 0.0f);
  }
}

TEST(MixtureOpponent, PlaysTheSameForTheSameSeedAndCatchesUp) {
  const auto first = make_opponent("random=1,none=1", context(2));
  const auto second = make_opponent("random=1,none=1", context(2));
  const std::vector<float> observation{0.5f, 0.5f};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    first->begin_game(0, seed);
    second->begin_game(1, seed);
    act(*first, {0});
    second->catch_up(1, observation);
    EXPECT_EQ(act(*first, {0}), act(*second, {1})) << seed;
  }
}

TEST_F(MixtureOpponentTest, CanBeAFolderOfModelsOfWhichEveryGameMeetsOne) {
  write_random_model(folder_ / "b");
  write_random_model(folder_ / "a");
  std::filesystem::create_directories(folder_ / "no_model");
  const std::string text = folder_.string();
  EXPECT_EQ(error_of([&] { check_opponent(text); }), "");
  EXPECT_EQ(error_of([&] { check_opponent(text + ":policy"); }), "");
  const auto opponent = make_opponent(text, context(2));
  ASSERT_NE(dynamic_cast<MixtureOpponent*>(opponent.get()), nullptr);
  opponent->begin_game(0, 1);
  for (const float action : act(*opponent, {0})) EXPECT_LE(std::abs(action), 1.0f);
}

TEST_F(MixtureOpponentTest, SavesEveryMember) {
  write_random_model(folder_ / "models" / "a");
  write_random_model(folder_ / "models" / "b");
  const std::string text = (folder_ / "models").string();
  const auto first = make_opponent(text, context(1));
  const auto play = [](Opponent& opponent, std::uint64_t seed) {
    opponent.begin_game(0, seed);
    return act(opponent, {0});
  };
  for (std::uint64_t seed = 0; seed < 9; ++seed) play(*first, seed);
  first->save(folder_, "opponent_0");
  const auto second = make_opponent(text, context(1));
  second->load(folder_, "opponent_0");
  for (std::uint64_t seed = 20; seed < 40; ++seed)
    EXPECT_EQ(play(*first, seed), play(*second, seed));
}

TEST_F(MixtureOpponentTest, TellsThatAFolderHoldsNoModels) {
  const std::string text = error_of([&] { check_opponent(folder_.string()); });
  EXPECT_NE(text.find("neither a model nor a folder of models"), std::string::npos) << text;
}

TEST(CheckOpponent, NamesWhatIsWrongWithAMixture) {
  const auto message = [](const std::string& text) {
    return error_of([&] { check_opponent(text); });
  };
  EXPECT_EQ(message("weak=0.3,strong=0.7"), "");
  EXPECT_NE(message("wek=0.3,strong=0.7").find("did you mean \"weak\"?"), std::string::npos);
  EXPECT_NE(message("weak=0.3,strong").find("\"strong\" in the mixture"), std::string::npos);
  EXPECT_NE(message("weak=0").find("its weight above 0"), std::string::npos);
  EXPECT_NE(message("weak=-1").find("its weight above 0"), std::string::npos);
  EXPECT_NE(message("weak=nan").find("its weight above 0"), std::string::npos);
  EXPECT_NE(message("weak=1x").find("its weight above 0"), std::string::npos);
  EXPECT_NE(message("weak=").find("its weight above 0"), std::string::npos);
  EXPECT_NE(message("=1").find("expected an opponent and its weight"), std::string::npos);
  EXPECT_NE(message("weak=1,").find("expected an opponent and its weight"), std::string::npos);
}

}  // namespace
}  // namespace foresight
