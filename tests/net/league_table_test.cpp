#include "net/league_table.h"

#include "io/scratch_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

// Enough of a rating to see who was rated in which order.
void rate_simply(LeagueRating& first, LeagueRating& second, int outcome) {
  const double surprise = outcome - (first.mu - second.mu) / 100.0;
  first.mu += surprise;
  second.mu -= surprise;
  first.sigma *= 0.95;
  second.sigma *= 0.95;
}

LeagueResult result(const std::string& left, int left_score, int right_score,
                    const std::string& right) {
  return {.game = "7fb81217",
          .time = "2026-11-21T18:10:00Z",
          .left = left,
          .right = right,
          .left_score = left_score,
          .right_score = right_score,
          .steps = 600};
}

class LeagueTableTest : public ScratchFolder {
 protected:
  static void play_some(LeagueTable& table) {
    table.add(result("ann", 3, 1, "bob"));
    table.add(result("eve", 2, 2, "ann"));
    table.add(result("bob", 0, 4, "ann"));
  }
  fs::path file() const { return folder_ / "games.jsonl"; }
};

TEST_F(LeagueTableTest, CountsAndSorts) {
  LeagueTable table("", rate_simply);
  table.enter("zoe");
  play_some(table);
  const auto rows = table.standings();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].name, "ann");
  EXPECT_EQ(rows[0].wins, 2);
  EXPECT_EQ(rows[0].draws, 1);
  EXPECT_EQ(rows[0].games(), 3);
  EXPECT_EQ(rows[0].rounds_won, 9);
  EXPECT_EQ(rows[0].rounds_lost, 3);
  EXPECT_EQ(rows.back().name, "zoe");  // unsure of: 25 - 3 * 25 / 3
  EXPECT_DOUBLE_EQ(rows.back().rating.shown(), 0.0);
  EXPECT_EQ(table.games_between("bob", "ann"), 2);
  EXPECT_EQ(table.games_between("ann", "bob"), 2);
  EXPECT_EQ(table.games_between("bob", "eve"), 0);
  EXPECT_EQ(table.latest().front().left, "bob");
}

TEST_F(LeagueTableTest, GoesOnWhereItStopped) {
  std::vector<LeagueStanding> before;
  {
    LeagueTable table(folder_, rate_simply);
    play_some(table);
    before = table.standings();
  }
  LeagueTable table(folder_, rate_simply);
  const auto after = table.standings();
  EXPECT_EQ(table.num_games(), 3);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].name, before[i].name);
    EXPECT_EQ(after[i].rating.mu, before[i].rating.mu);
    EXPECT_EQ(after[i].rating.sigma, before[i].rating.sigma);
  }
  EXPECT_EQ(table.games_between("ann", "eve"), 1);
  EXPECT_EQ(table.latest().size(), 3u);
}

TEST_F(LeagueTableTest, AServerKilledInTheMiddleOfALineLosesThatGameAlone) {
  {
    LeagueTable(folder_, rate_simply).add(result("ann", 3, 1, "bob"));
  }
  const std::string one = read(file());
  {
    LeagueTable(folder_, rate_simply).add(result("ann", 1, 3, "bob"));
  }
  const std::string two = read(file());
  for (std::size_t size = one.size(); size < two.size(); ++size) {
    write("games.jsonl", two.substr(0, size));
    EXPECT_EQ(LeagueTable(folder_, rate_simply).num_games(), 1) << size;
  }
  LeagueTable(folder_, rate_simply).add(result("ann", 1, 3, "bob"));
  EXPECT_EQ(read(file()), two);
}

TEST_F(LeagueTableTest, ADamagedLineIsNamed) {
  {
    LeagueTable(folder_, rate_simply).add(result("ann", 3, 1, "bob"));
  }
  const std::string whole = read(file());
  for (const char* line : {"nonsense", "{}", "{\"left\": 3}", "[1]", "null"}) {
    write("games.jsonl", whole + line + "\n");
    const std::string error = error_of([&] { LeagueTable(folder_, rate_simply); });
    EXPECT_NE(error.find("games.jsonl:2: expected a result"), std::string::npos) << line << error;
  }
}

TEST_F(LeagueTableTest, TwoServersDoNotShareAFolder) {
  const LeagueTable table(folder_, rate_simply);
  EXPECT_NE(error_of([&] { LeagueTable(folder_, rate_simply); }).find("another server"),
            std::string::npos);
}

TEST_F(LeagueTableTest, AFolderThatCannotBeMadeIsNamed) {
  write("file", "");
  EXPECT_NE(error_of([&] { LeagueTable(folder_ / "file" / "x", rate_simply); }).find("file/x"),
            std::string::npos);
}

TEST_F(LeagueTableTest, TellsTheTimeAsTheStandardWritesIt) {
  const std::string text = utc_text();
  ASSERT_EQ(text.size(), 20u);
  EXPECT_EQ(text[10], 'T');
  EXPECT_EQ(text.back(), 'Z');
}

}  // namespace
}  // namespace foresight
