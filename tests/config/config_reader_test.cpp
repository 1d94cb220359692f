#include "config/config_reader.h"

#include <gtest/gtest.h>

#include "config/sample_config.h"

namespace foresight {
namespace {

using Lines = std::vector<std::string>;

TEST(ConfigReader, FillsEveryKindOfField) {
  const auto config = read_config<SampleConfig>(parse_toml(R"(
name = "fast"
seed = 1_000
learning_rate = 1
compile = true
mode = "shooting"
widths = [64, 32, 16]
planner = { horizon = 9 }
env.id = "hockey"
[[curriculum]]
steps = 5
[[curriculum]]
opponent = "strong"
)",
                                                           "a.toml"),
                                                "");
  EXPECT_EQ(config.name, "fast");
  EXPECT_EQ(config.seed, 1000);
  EXPECT_EQ(config.learning_rate, 1.0);
  EXPECT_TRUE(config.compile);
  EXPECT_EQ(config.mode, "shooting");
  EXPECT_EQ(config.widths, (std::vector<std::int64_t>{64, 32, 16}));
  EXPECT_EQ(config.planner.horizon, 9);
  EXPECT_EQ(config.planner.inverse_temperature, 0.5);
  ASSERT_EQ(config.curriculum.size(), 2u);
  EXPECT_EQ(config.curriculum[0].steps, 5);
  EXPECT_EQ(config.curriculum[0].opponent, "weak");
  EXPECT_EQ(config.curriculum[1].steps, 100);
  EXPECT_EQ(config.curriculum[1].opponent, "strong");
  EXPECT_EQ(std::get<std::string>(config.env.find("id")->data), "hockey");
}

TEST(ConfigReader, KeepsDefaultsWhereTheFileSaysNothing) {
  EXPECT_EQ(to_table(read_config<SampleConfig>(Table{}, "")), to_table(SampleConfig{}));
}

TEST(ConfigReader, ReplacesADefaultListByAnEmptyOne) {
  EXPECT_TRUE(read_config<SampleConfig>(parse_toml("curriculum = []", "a"), "").curriculum.empty());
}

TEST(ConfigReader, NamesTheNearestKeyForAMisspeltOne) {
  EXPECT_EQ(mistakes_in("[planner]\nhorizn = 5\n"),
            (Lines{"a.toml:2: unknown key \"planner.horizn\"; did you mean \"planner.horizon\"?"}));
}

TEST(ConfigReader, NamesTheGroupOfAKeyThatWasPutElsewhere) {
  EXPECT_EQ(mistakes_in("horizon = 5\n"),
            (Lines{"a.toml:1: unknown key \"horizon\"; did you mean \"planner.horizon\"?"}));
}

TEST(ConfigReader, PrefixesKeysWithThePathOfTheSection) {
  EXPECT_EQ(mistakes_in(parse_toml("sed = 5", "b.toml"), "agent"),
            (Lines{"b.toml:1: unknown key \"agent.sed\"; did you mean \"agent.seed\"?"}));
}

TEST(ConfigReader, GivesNoHintForAKeyNearNothing) {
  EXPECT_EQ(mistakes_in("completely_else = 5"),
            (Lines{"a.toml:1: unknown key \"completely_else\""}));
}

TEST(ConfigReader, ReportsEveryMistakeInTheOrderOfTheLines) {
  const Lines lines = mistakes_in(R"(widths = [1, "x", 0]
zzzzzzzzzzzz = 1
mode = "shoting"
learning_rate = 2
compile = 1
seed = 1.5
[planner]
inverse_temperature = -1
horizon = 1001
)");
  EXPECT_EQ(lines,
            (Lines{"a.toml:1: widths[1]: expected an integer in [1, 8192], found the text \"x\"",
                   "a.toml:1: widths[2]: expected an integer in [1, 8192], found the integer 0",
                   "a.toml:2: unknown key \"zzzzzzzzzzzz\"",
                   "a.toml:3: mode: expected one of \"normal\", \"shooting\", \"defense\", found "
                   "the text \"shoting\"; did you mean \"shooting\"?",
                   "a.toml:4: learning_rate: expected a number in [1e-06, 1], found the integer 2",
                   "a.toml:5: compile: expected true or false, found the integer 1",
                   "a.toml:6: seed: expected an integer, found the number 1.5",
                   "a.toml:8: planner.inverse_temperature: expected a number at least 0, found "
                   "the integer -1",
                   "a.toml:9: planner.horizon: expected an integer in [1, 1000], found the "
                   "integer 1001"}));
}

TEST(ConfigReader, PutsMistakesOfTheCommandLineLast) {
  Table table = parse_toml("\n\nsed = 1", "a.toml");
  apply_override(table, "compile=maybe");
  EXPECT_EQ(mistakes_in(table),
            (Lines{"a.toml:3: unknown key \"sed\"; did you mean \"seed\"?",
                   "command line: compile: expected true or false, found the text \"maybe\""}));
}

TEST(ConfigReader, RefusesNumbersThatAreNotFinite) {
  for (const std::string number : {"nan", "-nan", "inf", "-inf"}) {
    const Lines lines = mistakes_in("[planner]\ninverse_temperature = " + number);
    ASSERT_EQ(lines.size(), 1u) << number;
    EXPECT_NE(lines[0].find("expected a finite number"), std::string::npos) << lines[0];
    EXPECT_EQ(mistakes_in("seed = " + number).size(), 1u) << number;
  }
}

TEST(ConfigReader, TakesAFloatForAnIntegerOnlyIfItIsWhole) {
  EXPECT_EQ(read_config<SampleConfig>(parse_toml("seed = 1e6", "a"), "").seed, 1000000);
  EXPECT_EQ(mistakes_in("seed = 1e19").size(), 1u);
  EXPECT_EQ(mistakes_in("seed = 0.5").size(), 1u);
}

TEST(ConfigReader, RefusesAValueOfTheWrongShape) {
  EXPECT_EQ(mistakes_in("planner = 3"),
            (Lines{"a.toml:1: planner: expected a table [planner], found the integer 3"}));
  EXPECT_EQ(mistakes_in("env = []"),
            (Lines{"a.toml:1: env: expected a table [env], found a list of 0"}));
  EXPECT_EQ(mistakes_in("curriculum = { steps = 1 }"),
            (Lines{"a.toml:1: curriculum: expected a list of tables [[curriculum]], found a table "
                   "of 1"}));
  EXPECT_EQ(mistakes_in("curriculum = [1]"),
            (Lines{"a.toml:1: curriculum.0: expected a table [curriculum.0], found the "
                   "integer 1"}));
  EXPECT_EQ(mistakes_in("widths = 512"),
            (Lines{"a.toml:1: widths: expected a list of integers such as [512, 512], found the "
                   "integer 512"}));
  EXPECT_EQ(mistakes_in("name = true"), (Lines{"a.toml:1: name: expected text, found true"}));
}

TEST(ConfigReader, LeavesAFieldAtItsDefaultAfterAMistake) {
  SampleConfig config;
  ConfigProblems problems;
  read_config(parse_toml("seed = 'x'\nwidths = [1, 0]\n[planner]\nhorizon = 0", "a"), config, "",
              problems);
  EXPECT_EQ(to_table(config), to_table(SampleConfig{}));
  EXPECT_EQ(problems.lines.size(), 3u);
}

TEST(ConfigReader, ThrowsOneErrorWithALinePerMistake) {
  const std::string error =
      error_of([] { read_config<SampleConfig>(parse_toml("a = 1\nb = 2", "c.toml"), ""); });
  EXPECT_EQ(error, "c.toml:1: unknown key \"a\"\nc.toml:2: unknown key \"b\"");
}

TEST(ConfigReader, NamesTheItemOfAListThatHoldsAnUnknownKey) {
  EXPECT_EQ(mistakes_in("[[curriculum]]\n[[curriculum]]\nstep = 3"),
            (Lines{"a.toml:3: unknown key \"curriculum.1.step\"; did you mean "
                   "\"curriculum.1.steps\"?"}));
}

}  // namespace
}  // namespace foresight
