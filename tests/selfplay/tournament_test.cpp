#include "selfplay/tournament.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/model_card.h"
#include "env/hockey/hockey_env.h"
#include "io/scratch_folder.h"
#include "selfplay/tournament_page.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class TournamentTest : public ScratchFolder {
 protected:
  TournamentSetup setup(std::int64_t games = 8) const {
    return {.agents = {{.name = "weak", .word = "weak", .fingerprint = ""},
                       {.name = "strong", .word = "strong", .fingerprint = ""},
                       {.name = "random", .word = "random", .fingerprint = ""}},
            .env = to_table(HockeyEnvConfig{}),
            .games = games,
            .seed = 5,
            .batch = 4};
  }

  static TournamentTable table_of(const TournamentSetup& setup, const TournamentLog& log) {
    std::vector<std::string> names;
    for (const TournamentAgent& agent : setup.agents) names.push_back(agent.name);
    return make_table(names, log.pairs());
  }

  std::string json(const TournamentSetup& setup, const std::string& name,
                   std::int64_t threads) const {
    TournamentLog log(folder_ / name, setup);
    EXPECT_TRUE(play_tournament(setup, log, {.num_threads = threads}));
    return table_json(table_of(setup, log), setup_json(setup));
  }

  std::string error_of_open(const TournamentSetup& setup) const {
    return error_of([&] { const TournamentLog log(folder_ / "t", setup); });
  }
};

TEST(TournamentStart, GivesBothEverySideAndEveryBeginning) {
  for (std::int64_t block = 0; block < 10; ++block) {
    std::set<std::uint64_t> seeds;
    std::set<std::pair<bool, bool>> places;  // is the first one left, does it begin
    for (std::int64_t game = 4 * block; game < 4 * block + 4; ++game) {
      const GameStart start = tournament_start(3, game);
      seeds.insert(start.env_seed);
      const bool left_begins = start.env_seed % 2 == 0;
      places.insert({!start.is_swapped, left_begins != start.is_swapped});
    }
    EXPECT_EQ(seeds.size(), 2u);
    EXPECT_EQ(places.size(), 4u);
  }
  EXPECT_NE(tournament_start(3, 0).env_seed, tournament_start(3, 4).env_seed);
  EXPECT_NE(tournament_start(3, 0).env_seed, tournament_start(4, 0).env_seed);
}

TEST(MakeChunks, CoverEveryGameOnceAndStayBelowTheBatch) {
  TournamentSetup setup{.agents = std::vector<TournamentAgent>(4), .games = 50, .batch = 16};
  std::map<std::size_t, std::int64_t> next;
  for (const TournamentChunk& chunk : make_chunks(setup)) {
    EXPECT_EQ(chunk.first_game, next[chunk.pair]);
    EXPECT_LE(chunk.num_games, 16);
    EXPECT_GE(chunk.num_games, 12);
    next[chunk.pair] += chunk.num_games;
  }
  ASSERT_EQ(next.size(), 6u);
  for (const auto& [pair, games] : next) EXPECT_EQ(games, 50);
}

TEST_F(TournamentTest, GivesTheSameTableOnAnyNumberOfThreads) {
  const std::string one = json(setup(), "one", 1);
  EXPECT_EQ(one, json(setup(), "two", 2));
  EXPECT_EQ(one, json(setup(), "seven", 7));
  TournamentSetup other = setup();
  other.seed = 6;
  EXPECT_NE(one, json(other, "other", 2));
}

TEST_F(TournamentTest, TheBetterBotComesFirst) {
  const TournamentSetup games = setup(40);
  TournamentLog log(folder_ / "t", games);
  ASSERT_TRUE(play_tournament(games, log, {.num_threads = 2}));
  const TournamentTable table = table_of(games, log);
  EXPECT_EQ(table.games(), 120);
  EXPECT_EQ(table.names[table.ranking[0]], "strong");
  EXPECT_EQ(table.names[table.ranking[2]], "random");
  EXPECT_EQ(table.cross[0][1].wins, table.cross[1][0].losses);
  EXPECT_EQ(table.cross[0][1].games(), 40);
  EXPECT_GT(table.mean_lengths[0], 20.0);
}

// Cut after every number of lines, and in the middle of a line.
TEST_F(TournamentTest, GoesOnWhereverItWasCut) {
  const TournamentSetup games = setup();
  const std::string whole = json(games, "whole", 1);
  const std::string lines = read(folder_ / "whole" / "games.jsonl");
  const fs::path cut = folder_ / "cut";
  for (std::size_t length = 0; length < lines.size(); length += 23) {
    fs::remove_all(cut);
    fs::copy(folder_ / "whole", cut);
    fs::resize_file(cut / "games.jsonl", length);
    EXPECT_EQ(json(games, "cut", 2), whole) << length;
  }
}

TEST_F(TournamentTest, StopsWhenToldAndGoesOnLater) {
  const TournamentSetup games = setup();
  const std::string whole = json(games, "whole", 1);
  {
    TournamentLog log(folder_ / "cut", games);
    std::atomic<int> num_questions = 0;
    EXPECT_FALSE(play_tournament(
        games, log, {.num_threads = 2, .should_stop = [&] { return ++num_questions > 500; }}));
    EXPECT_FALSE(log.open_chunks().empty());
    EXPECT_LT(log.open_chunks().size(), make_chunks(games).size());
  }
  EXPECT_EQ(json(games, "cut", 2), whole);
}

TEST_F(TournamentTest, RefusesAnotherSetupInTheSameFolder) {
  {
    const TournamentLog log(folder_ / "t", setup());
  }
  TournamentSetup other = setup(10);
  other.agents[2].name = "none";
  const std::string text = error_of_open(other);
  EXPECT_NE(text.find("another tournament"), std::string::npos) << text;
  EXPECT_NE(text.find("games_a_pair: 8 there, 10 asked for"), std::string::npos) << text;
  EXPECT_NE(text.find("agents/2/name: \"random\" there, \"none\" asked for"), std::string::npos)
      << text;
  other = setup();
  other.agents[0].fingerprint = "12345678";
  EXPECT_NE(error_of_open(other).find("fingerprint"), std::string::npos);
  other = setup();
  other.env.set("keep_mode", {false});
  EXPECT_NE(error_of_open(other).find("env/keep_mode: true there, false asked for"),
            std::string::npos);
  EXPECT_EQ(error_of_open(setup()), "");
}

TEST_F(TournamentTest, LetsOneProcessPlayInAFolder) {
  const TournamentLog log(folder_ / "t", setup());
  EXPECT_NE(error_of_open(setup()).find("another process"), std::string::npos);
}

TEST_F(TournamentTest, TellsWhichLineIsWrong) {
  const TournamentSetup games = setup();
  json(games, "t", 1);
  const fs::path file = folder_ / "t" / "games.jsonl";
  const std::string lines = read(file);
  for (const std::string bad :
       {"{}", "nonsense", R"({"pair": 0, "first_game": 0, "outcomes": "WX", "lengths": [1, 2]})",
        R"({"pair": 9, "first_game": 0, "outcomes": "WWWW", "lengths": [1, 2, 3, 4]})",
        R"({"pair": 0, "first_game": 0, "outcomes": "WWWW", "lengths": [1]})",
        R"({"pair": -1, "first_game": 0, "outcomes": 3, "lengths": {}})"}) {
    std::ofstream(file) << bad << "\n" << lines;
    EXPECT_NE(error_of_open(games).find("games.jsonl:1: "), std::string::npos) << bad;
  }
  std::ofstream(folder_ / "t" / "setup.json") << std::string(1 << 20, '[');
  EXPECT_NE(error_of_open(games).find("setup.json: nested too deeply"), std::string::npos);
  std::ofstream(folder_ / "t" / "setup.json") << "[]";
  EXPECT_NE(error_of_open(games).find("another tournament"), std::string::npos);
  std::ofstream(folder_ / "t" / "setup.json") << "{";
  EXPECT_NE(error_of_open(games).find("setup.json: not the setup of a tournament"),
            std::string::npos);
  fs::remove(folder_ / "t" / "setup.json");
  EXPECT_NE(error_of_open(games).find("choose another folder"), std::string::npos);
}

TEST_F(TournamentTest, ChecksTheSetup) {
  TournamentSetup wrong = setup();
  wrong.agents.resize(1);
  EXPECT_NE(error_of([&] { check_setup(wrong); }).find("at least two"), std::string::npos);
  wrong = setup(7);
  EXPECT_NE(error_of([&] { check_setup(wrong); }).find("even number"), std::string::npos);
  wrong = setup();
  wrong.agents[2] = wrong.agents[0];
  EXPECT_NE(error_of([&] { check_setup(wrong); }).find("weak is named twice"), std::string::npos);
  wrong = setup();
  wrong.agents[1].word = "strng";
  EXPECT_NE(error_of([&] { check_setup(wrong); }).find("did you mean \"strong\"?"),
            std::string::npos);
  wrong = setup();
  wrong.env = parse_toml("id = \"countdown\"", "test");
  EXPECT_NE(error_of([&] { check_setup(wrong); }).find("no game of two players"),
            std::string::npos);
  EXPECT_EQ(error_of([&] { check_setup(setup()); }), "");
}

TEST_F(TournamentTest, AFailureInAGameEndsItWithTheReason) {
  TournamentSetup broken = setup();
  broken.agents[1].word = "no-such-model";
  TournamentLog log(folder_ / "t", broken);
  EXPECT_NE(error_of([&] {
              play_tournament(broken, log, {.num_threads = 3});
            }).find("unknown opponent \"no-such-model\""),
            std::string::npos);
}

TEST_F(TournamentTest, AFingerprintFollowsTheWeights) {
  write("model.json", "{}");
  write("model.safetensors", "1");
  const std::string first = model_fingerprint(folder_);
  write("entry.json", "a rating");
  EXPECT_EQ(model_fingerprint(folder_), first);
  write("model.safetensors", "2");
  EXPECT_NE(model_fingerprint(folder_), first);
}

TEST_F(TournamentTest, APolicyInAFileHasAFingerprintToo) {
  const auto file = write("policy.safetensors", "1");
  const std::string first = model_fingerprint(file);
  write("policy.safetensors", "2");
  EXPECT_NE(model_fingerprint(file), first);
}

PairResult pair_of(std::size_t first, std::size_t second, std::vector<int> outcomes) {
  std::vector<std::int64_t> lengths(outcomes.size(), 100);
  return {.first = first, .second = second, .outcomes = outcomes, .lengths = lengths};
}

TEST(MakeTable, CountsAndRatesInRounds) {
  const TournamentTable table = make_table(
      {"a", "b", "c"},
      {pair_of(0, 1, {1, 1, 0, 1}), pair_of(0, 2, {1, 1, 1, 1}), pair_of(1, 2, {1, -1, 1, 0})});
  EXPECT_EQ(table.cross[1][0].losses, 3);
  EXPECT_EQ(table.cross[1][0].draws, 1);
  EXPECT_DOUBLE_EQ(table.totals[0].win_rate(), 7.0 / 8.0);
  EXPECT_DOUBLE_EQ(table.cross[1][2].decided_win_rate(), 2.0 / 3.0);
  EXPECT_EQ(table.ranking, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_DOUBLE_EQ(table.mean_lengths[1], 100.0);
  Rating a;
  Rating b;
  Rating c;
  const PlackettLuce model;
  for (const auto& [ab, ac, bc] :
       std::vector<std::array<int, 3>>{{1, 1, 1}, {1, 1, -1}, {0, 1, 1}, {1, 1, 0}}) {
    model.rate(a, b, ab);
    model.rate(a, c, ac);
    model.rate(b, c, bc);
  }
  EXPECT_EQ(table.ratings, (std::vector<Rating>{a, b, c}));
}

TEST(TableCsv, QuotesNamesAndHoldsBothDirections) {
  const TournamentTable table = make_table({"a,\"b\"", "c"}, {pair_of(0, 1, {1, 1})});
  const std::string csv = table_csv(table);
  EXPECT_NE(csv.find("\n\"a,\"\"b\"\"\",c,2,2,0,0,1,"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\nc,\"a,\"\"b\"\"\",2,0,0,2,0,"), std::string::npos) << csv;
}

TEST(TableJson, HoldsAgentsPairsAndIntervals) {
  const TournamentTable table = make_table({"a", "b"}, {pair_of(0, 1, {-1, -1, 0, -1})});
  const auto json = nlohmann::json::parse(table_json(table, "{\"seed\": 1}"));
  EXPECT_EQ(json.at("format"), 1);
  EXPECT_EQ(json.at("setup").at("seed"), 1);
  EXPECT_EQ(json.at("games"), 4);
  const auto& best = json.at("agents").at(0);
  EXPECT_EQ(best.at("name"), "b");
  EXPECT_EQ(best.at("rating").at("ordinal"), table.ratings[1].ordinal());
  const auto& pair = json.at("pairs").at(0);
  EXPECT_EQ(pair.at("agent"), "b");
  EXPECT_EQ(pair.at("wins"), 3);
  EXPECT_EQ(pair.at("win_rate"), 0.75);
  EXPECT_EQ(pair.at("decided_win_rate"), 1.0);
  EXPECT_NEAR(pair.at("win_rate_95").at(0).get<double>(), 0.3006, 1e-4);
}

TEST(TournamentPage, EscapesNamesAndAsksForNothingElse) {
  const TournamentTable table =
      make_table({"<script>alert(1)</script>", "a & b"}, {pair_of(0, 1, {1, 0})});
  const std::string page = tournament_page(table, {.title = "T", .about = "x < y"});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)"), std::string::npos);
  EXPECT_NE(page.find("a &amp; b"), std::string::npos);
  EXPECT_NE(page.find("x &lt; y"), std::string::npos);
  for (const char* text : {"http", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(text), std::string::npos) << text;
  }
  EXPECT_NE(page.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_NE(page.find("width=device-width"), std::string::npos);
}

}  // namespace
}  // namespace foresight
