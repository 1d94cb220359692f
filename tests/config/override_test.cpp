#include <gtest/gtest.h>

#include "base/rng.h"
#include "config/sample_config.h"
#include "config/table.h"

namespace foresight {
namespace {

Table overridden(const std::string& toml, const std::string& assignment) {
  Table table = parse_toml(toml, "a.toml");
  apply_override(table, assignment);
  return table;
}

std::string override_error(const std::string& toml, const std::string& assignment) {
  return error_of([&] { overridden(toml, assignment); });
}

TEST(Override, ReplacesAValueAndNamesTheCommandLineAsItsOrigin) {
  const Table table = overridden("[planner]\nhorizon = 3\nx = 1", "planner.horizon=5");
  EXPECT_EQ(table, parse_toml("[planner]\nhorizon = 5\nx = 1", "expected"));
  const Table& planner = std::get<Table>(table.find("planner")->data);
  EXPECT_EQ(planner.find("horizon")->origin, "command line");
  EXPECT_EQ(planner.find("x")->origin, "a.toml:3");
}

TEST(Override, TakesTomlValuesAndBareWords) {
  const auto check = [](const std::string& value, const std::string& toml) {
    EXPECT_EQ(overridden("", "a=" + value), parse_toml("a = " + toml, "expected")) << value;
  };
  check("5", "5");
  check("-1e-3", "-0.001");
  check("true", "true");
  check("[1,2]", "[1, 2]");
  check("{b=1}", "{b = 1}");
  check("\"quoted text\"", "'quoted text'");
  check("word", "'word'");
  check("hockey/quick", "'hockey/quick'");
  check("two words", "'two words'");
  check("2026-07-01_test", "'2026-07-01_test'");
  check("2026-07-01", "'2026-07-01'");
  check("x=y", "'x=y'");
  check(" 5 ", "5");
  check("caf\xc3\xa9", "'caf\xc3\xa9'");
}

TEST(Override, MakesMissingTables) {
  EXPECT_EQ(overridden("", "a.b.c=1"), parse_toml("a.b.c = 1", "expected"));
}

TEST(Override, ReachesAnItemOfAList) {
  EXPECT_EQ(overridden("[[phase]]\nsteps = 1\n[[phase]]\nsteps = 2", "phase.1.steps=5"),
            parse_toml("[[phase]]\nsteps = 1\n[[phase]]\nsteps = 5", "expected"));
  EXPECT_EQ(overridden("list = [1, 2]", "list.0=7"), parse_toml("list = [7, 2]", "expected"));
}

TEST(Override, RefusesAnItemThatIsNotThere) {
  EXPECT_EQ(override_error("list = [1, 2]", "list.2=7"),
            "command line: \"list.2=7\": \"list\" is a list of 2, \"2\" names no item of it (the "
            "first one is 0)");
  EXPECT_NE(override_error("list = [1, 2]", "list.x=7"), "");
  EXPECT_NE(override_error("list = [1, 2]", "list.-1=7"), "");
  EXPECT_NE(override_error("list = [1, 2]", "list.99999999999999999999=7"), "");
}

TEST(Override, ShowsAnExampleForAMissingEqualsSignOrValue) {
  EXPECT_EQ(override_error("", "planner.horizon"),
            "command line: \"planner.horizon\": expected KEY=VALUE; write it like "
            "agent.planner.horizon=5");
  EXPECT_EQ(override_error("", "planner.horizon= "),
            "command line: \"planner.horizon= \": the value is empty; write it like "
            "agent.planner.horizon=5");
  EXPECT_NE(override_error("", "=5"), "");
  EXPECT_NE(override_error("", "a..b=5"), "");
  EXPECT_NE(override_error("", "a b=5"), "");
}

TEST(Override, RefusesToGoThroughAPlainValue) {
  EXPECT_EQ(override_error("seed = 3", "seed.x=1"),
            "command line: \"seed.x=1\": \"seed\" is the integer 3, so it holds no \"x\"");
}

TEST(Override, RefusesABrokenTomlValue) {
  EXPECT_NE(override_error("", "a=[1,").find("not a TOML value"), std::string::npos);
  EXPECT_NE(override_error("", "a=\"open").find("not a TOML value"), std::string::npos);
  EXPECT_NE(override_error("", "a=1\nb=2").find("control letters"), std::string::npos);
}

TEST(Override, RefusesTextThatIsNotUtf8) { EXPECT_NE(override_error("", "a=\xff\xfe"), ""); }

TEST(Override, LeavesTheTableAloneAfterAMistake) {
  Table table = parse_toml("a = 1", "a.toml");
  EXPECT_THROW(apply_override(table, "b.c.a=[1"), Error);
  EXPECT_THROW(apply_override(table, "a.b=1"), Error);
  EXPECT_EQ(table, parse_toml("a = 1", "a.toml"));
}

// Else the printed config would have a header of more parts than a config may have.
TEST(Override, RefusesAKeyAndAValueThatNestTooDeeplyTogether) {
  const auto nested = [](std::size_t depth) {
    std::string text = "a={";
    for (std::size_t i = 2; i < depth; ++i) text += "b.";
    return text + "c={}}";
  };
  const Table deep = overridden("", nested(kMaxConfigDepth - 1));
  EXPECT_EQ(parse_toml(to_toml(deep), "printed"), deep);
  EXPECT_NE(override_error("", nested(kMaxConfigDepth)).find("nest more than 32 levels deep"),
            std::string::npos);
}

TEST(Override, SurvivesRandomText) {
  const std::string letters = "ab.=[]{}\"',01 -_#e+\\\xc3\xa9\xff";
  Rng rng(5, "override mutations");
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::uint64_t i = rng.below(16); i > 0; --i) text += letters[rng.below(letters.size())];
    Table table = parse_toml("a = [1, {b = 2}]\nb.a = 1", "a.toml");
    try {
      apply_override(table, text);
      ++accepted;
      EXPECT_EQ(parse_toml(to_toml(table), "printed"), table) << text;
    } catch (const Error&) {  // the one allowed way to fail
    }
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace foresight
