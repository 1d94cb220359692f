#include "config/table.h"

#include <gtest/gtest.h>

#include "config/sample_config.h"

namespace foresight {
namespace {

TEST(Merge, LaysTablesOverEachOtherKeyByKey) {
  const Table base = parse_toml("a = 1\nlist = [1, 2]\n[t]\nx = 1\ny = 2\n[t.u]\nz = 3", "base");
  const Table over = parse_toml("list = [9]\n[t]\ny = 5\n[t.u]\nw = 4", "over");
  const Table expected =
      parse_toml("a = 1\nlist = [9]\n[t]\nx = 1\ny = 5\n[t.u]\nz = 3\nw = 4", "expected");
  EXPECT_EQ(merge(base, over), expected);
}

TEST(Merge, ReplacesATableByAPlainValueAndBack) {
  const Table table = parse_toml("[t]\nx = 1", "table");
  const Table plain = parse_toml("t = 1", "plain");
  EXPECT_EQ(merge(table, plain), plain);
  EXPECT_EQ(merge(plain, table), table);
}

TEST(Merge, KeepsTheOriginOfEachValue) {
  const Table merged = merge(parse_toml("a = 1\nb = 2", "base"), parse_toml("b = 3", "over"));
  EXPECT_EQ(merged.find("a")->origin, "base:1");
  EXPECT_EQ(merged.find("b")->origin, "over:1");
}

TEST(HashOf, DependsOnValuesAndNotOnOriginOrOrder) {
  const auto hash = [](const std::string& text, const std::string& origin) {
    return hash_of(parse_toml(text, origin));
  };
  EXPECT_EQ(hash("a = 1\nb = 2", "x"), hash("b = 2\na = 1", "y"));
  EXPECT_NE(hash("a = 1", "x"), hash("a = 1.0", "x"));
  EXPECT_NE(hash("a = 1", "x"), hash("a = 2", "x"));
  EXPECT_NE(hash("a = 1", "x"), hash("b = 1", "x"));
}

TEST(ConfigProblems, ThrowsNothingIfThereAreNone) {
  EXPECT_NO_THROW(ConfigProblems{}.throw_if_any());
}

TEST(ToTable, HoldsEveryFieldOfTheConfig) {
  const Table table = to_table(SampleConfig{});
  EXPECT_EQ(table, parse_toml(R"(
name = "sample"
seed = 1
learning_rate = 3e-4
compile = false
mode = "normal"
widths = [512, 512]
planner = { horizon = 3, inverse_temperature = 0.5 }
curriculum = [{ steps = 100, opponent = "weak" }]
env = {}
)",
                              "expected"));
}

}  // namespace
}  // namespace foresight
