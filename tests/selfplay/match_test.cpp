#include "selfplay/match.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

Table hockey() { return parse_toml("id = \"hockey\"", "test"); }

EnvSpec hockey_spec() { return make_env(hockey())->spec(); }

MatchOptions options(std::int64_t games, std::int64_t parallel, bool is_swapped = false) {
  return {.env = hockey(),
          .games = games,
          .parallel = parallel,
          .start =
              [=](std::int64_t game) {
                const auto seed = static_cast<std::uint64_t>(game);
                return GameStart{.env_seed = 2 * (100 + seed),
                                 .first_seed = is_swapped ? seed + 50 : seed,
                                 .second_seed = is_swapped ? seed : seed + 50,
                                 .is_swapped = is_swapped};
              },
          .watcher = nullptr,
          .should_stop = {}};
}

std::map<std::int64_t, FinishedGame> by_number(const std::vector<FinishedGame>& games) {
  std::map<std::int64_t, FinishedGame> result;
  for (const FinishedGame& game : games) result[game.game] = game;
  return result;
}

std::map<std::int64_t, FinishedGame> play(const std::string& first, const std::string& second,
                                          const MatchOptions& options) {
  const OpponentContext context{.env = hockey_spec(), .num_games = options.games, .seed = 1};
  const auto one = make_opponent(first, context);
  const auto two = make_opponent(second, context);
  return by_number(play_match(*one, two.get(), options));
}

void expect_same(const std::map<std::int64_t, FinishedGame>& some,
                 const std::map<std::int64_t, FinishedGame>& others) {
  ASSERT_EQ(some.size(), others.size());
  for (const auto& [number, game] : some) {
    EXPECT_EQ(game.outcome, others.at(number).outcome);
    EXPECT_EQ(game.length, others.at(number).length);
    EXPECT_EQ(game.total_reward, others.at(number).total_reward);
  }
}

TEST(PlayMatch, AGameDoesNotDependOnWhatIsPlayedBesideIt) {
  const auto alone = play("weak", "strong", options(9, 1));
  expect_same(alone, play("weak", "strong", options(9, 4)));
  expect_same(alone, play("weak", "strong", options(9, 9)));
  std::set<std::int64_t> lengths;
  for (const auto& [number, game] : alone) lengths.insert(game.length);
  EXPECT_GT(lengths.size(), 4u);
}

// The same two on the same sides, only that they are named the other way round.
TEST(PlayMatch, SwappedPlayersSeeTheOtherOutcome) {
  const auto games = play("weak", "strong", options(12, 12));
  const auto swapped = play("strong", "weak", options(12, 12, /*is_swapped=*/true));
  int num_decided = 0;
  for (const auto& [number, game] : games) {
    EXPECT_EQ(static_cast<int>(game.outcome), -static_cast<int>(swapped.at(number).outcome));
    EXPECT_EQ(game.length, swapped.at(number).length);
    num_decided += game.outcome != Outcome::kNone;
  }
  EXPECT_GT(num_decided, 0);
}

class NotANumber : public Opponent {
 public:
  void begin_game(std::int64_t, std::uint64_t) override {}
  void act(std::span<const std::int64_t>, std::span<const float>,
           std::span<float> actions) override {
    std::fill(actions.begin(), actions.end(), std::nanf(""));
  }
};

TEST(PlayMatch, TellsWhichActionIsNoNumber) {
  NotANumber player;
  const auto weak = make_opponent("weak", {.env = hockey_spec(), .num_games = 1, .seed = 1});
  EXPECT_EQ(error_of([&] { play_match(*weak, &player, options(1, 1)); }),
            "game 0, step 0: an action is nan");
}

TEST(PlayMatch, WantsAsManyPlayersAsTheGameHas) {
  const auto weak = make_opponent("weak", {.env = hockey_spec(), .num_games = 1, .seed = 1});
  EXPECT_THROW(play_match(*weak, nullptr, options(1, 1)), ContractViolation);
}

}  // namespace
}  // namespace foresight
