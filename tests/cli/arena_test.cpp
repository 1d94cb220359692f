// The archive and tournaments, as a person runs them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "base/rng.h"
#include "cli/program_run.h"
#include "cli/small_run.h"

namespace foresight {
namespace {

class ArenaTest : public ProgramRun {
 protected:
  // A model of random actions, for what does not depend on playing well.
  void make_model(const std::string& name) const {
    fs::create_directories(folder_ / name);
    write_model_card(folder_ / name, {.name = name,
                                      .steps = 5,
                                      .env = parse_toml("id = \"hockey\"", "test"),
                                      .agent = parse_toml("id = \"random\"", "test")});
  }

  nlohmann::json json_of(const std::string& words) const {
    const ProgramOutcome outcome = run_shell(command(words) + " 2> /dev/null");
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    return nlohmann::json::parse(outcome.text);
  }
};

TEST_F(ArenaTest, TheArchiveAddsListsShowsAndRemoves) {
  make_model("one");
  expect("archive list", 0, "name");
  expect("archive add one --name early --tag a --tag b --note first", 0, "archive:early");
  expect("archive add one --tag a", 0, "added one");
  expect("archive show early", 0, "id = \"hockey\"");
  const auto list = json_of("archive list --json --tag b");
  ASSERT_EQ(list.at("agents").size(), 1u);
  EXPECT_EQ(list.at("agents").at(0).at("name"), "early");
  EXPECT_EQ(list.at("agents").at(0).at("step"), 5);
  EXPECT_EQ(json_of("archive show early --json").at("model").at("env").at("id"), "hockey");
  expect("eval archive:early --games 2 --opponent archive:one", 0, "archive:one: ");
  expect("archive remove early", 0, "removed early");
  EXPECT_EQ(json_of("archive list --json").at("agents").size(), 1u);
}

TEST_F(ArenaTest, TheArchiveTellsWhatIsWrong) {
  make_model("one");
  expect("archive add one", 0, "added one");
  expect("archive add one", 2, "already holds an agent \"one\"");
  expect("archive add one --name ../x", 2, "cannot be a name");
  expect("archive ad one", 2, "did you mean \"add\"?");
  expect("archive show", 2, "which agent?");
  expect("archive show onne", 2, "did you mean \"one\"?");
  expect("archive remove two", 2, "no agent \"two\"");
  expect("archive add nothing-like-it", 2, "neither a run nor a model");
  expect("archive list --jsn", 2, "did you mean \"--json\"?");
  expect("archive", 2, "see: foresight help archive");
}

TEST_F(ArenaTest, ATournamentGivesItsTableInEveryForm) {
  make_model("one");
  expect("archive add one --name early", 0, "added");
  const std::string words =
      "tournament weak strong one archive:early --games 4 --folder t --threads 2 ";
  const auto json = json_of(words + "--json --save-ratings");
  EXPECT_EQ(json.at("games"), 24);
  ASSERT_EQ(json.at("agents").size(), 4u);
  EXPECT_EQ(json.at("pairs").size(), 12u);
  for (const auto& agent : json.at("agents")) {
    for (const char* key : {"name", "rating", "games", "wins", "draws", "losses", "win_rate",
                            "win_rate_95", "decided_win_rate", "mean_length"}) {
      EXPECT_TRUE(agent.contains(key)) << key;
    }
  }
  EXPECT_EQ(nlohmann::json::parse(read(folder_ / "t" / "table.json")), json);
  EXPECT_EQ(read(folder_ / "t" / "table.csv").find("agent,opponent,games,"), 0u);
  expect(words, 0, "vs 4");  // nothing is played again
  const auto rated = json_of("archive show early --json").at("rating");
  EXPECT_EQ(rated.at("games"), 12);
  for (const auto& agent : json.at("agents")) {
    if (agent.at("name") != "archive:early") continue;
    EXPECT_EQ(agent.at("rating").at("mu"), rated.at("mu"));
  }
}

TEST_F(ArenaTest, ThePageParsesAndNamesEveryAgent) {
  make_model("a<b>&c");
  expect("tournament weak random 'a<b>&c' --games 2 --folder t", 0, "t/index.html");
  const ProgramOutcome page =
      run_shell(fmt::format("python3 '{}/tests/cli/read_page.py' '{}' 2>&1", FORESIGHT_SOURCE_DIR,
                            (folder_ / "t" / "index.html").string()));
  EXPECT_EQ(page.status, 0) << page.text;
  for (const std::string name : {"weak", "random", "a<b>&c"}) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = page.text.find("\n" + name + "\n", at)) != std::string::npos;
         ++at) {
      ++count;
    }
    EXPECT_GE(count, 3u) << name << "\n" << page.text;  // bar, row, column
  }
}

TEST_F(ArenaTest, ATournamentTellsWhatIsWrong) {
  expect("tournament weak", 2, "at least two agents");
  expect("tournament", 2, "see: foresight help tournament");
  expect("tournament weak strng", 2, "did you mean \"strong\"?");
  expect("tournament weak weak", 2, "weak is named twice");
  expect("tournament weak strong --games 5", 2, "even number");
  expect("tournament weak strong --games 0", 2, "--games");
  expect("tournament weak strong env.keep_mod=false", 2, "keep_mode");
  expect("tournament weak strong agent.x=1", 2, "only env.* can be overridden");
  expect("tournament weak strong --env hocky", 2, "did you mean \"hockey\"?");
  expect("tournament weak strong --env countdown", 2, "no game of two players");
  expect("tournament weak random --games 2 --folder t", 0, "2 agents on hockey");
  expect("tournament weak random --games 4 --folder t", 2, "games_a_pair: 2 there, 4 asked for");
  expect("tournament weak random --games 2 --folder t env.keep_mode=false", 2, "env/keep_mode");
  expect("tournament weak random --games 2 --folder /dev/null/t", 2, "cannot make the folder");
}

class TournamentKillTest : public SmallRun {};

// Chunks take milliseconds here, so kills fall between them and into them.
TEST_F(TournamentKillTest, KilledAgainAndAgainItGivesTheSameTable) {
  const auto words = [&](const std::string& folder, const std::string& threads) {
    return std::vector<std::string>{"tournament", "weak",  "strong",   "random",
                                    "--games",    "400",   "--batch",  "4",
                                    "--threads",  threads, "--folder", (folder_ / folder).string()};
  };
  ASSERT_EQ(run(words("whole", "1")), 0) << said();
  Rng rng(static_cast<std::uint64_t>(getpid()), "kills");
  int kills = 0;
  int status = -1;
  while (status < 0) {
    ASSERT_LT(kills, 1000);
    const long lifetime_us = 30'000 + 20'000 * kills + static_cast<long>(rng.below(60'000));
    status = run(words("cut", "2"), {.lifetime_us = lifetime_us});
    if (status < 0) ++kills;
  }
  ASSERT_EQ(status, 0) << said();
  EXPECT_GE(kills, 1);
  for (const char* file : {"table.json", "table.csv", "index.html"}) {
    EXPECT_EQ(read(folder_ / "whole" / file), read(folder_ / "cut" / file)) << file;
  }
}

}  // namespace
}  // namespace foresight
