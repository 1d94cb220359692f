#include "config/toml_layout.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/rng.h"
#include "config/table.h"

namespace foresight {
namespace {

std::string random_text(Rng& rng) {
  std::string text;
  for (std::uint64_t i = rng.below(12); i > 0; --i) {
    const auto letter = static_cast<char>(rng.below(128));
    if (rng.below(8) == 0) {
      text += "\xc3\xa9";
    } else {
      text += letter;
    }
  }
  return text;
}

double random_number(Rng& rng) {
  const double number = std::bit_cast<double>(rng.next_u64());
  return std::isfinite(number) ? number : 0.5;
}

Table random_table(Rng& rng, int depth);

ConfigValue random_value(Rng& rng, int depth) {
  switch (rng.below(depth > 0 ? 6 : 4)) {
    case 0:
      return {static_cast<std::int64_t>(rng.next_u64())};
    case 1:
      return {random_number(rng)};
    case 2:
      return {rng.below(2) == 0};
    case 3:
      return {random_text(rng)};
    case 4: {
      ValueList list;
      for (std::uint64_t i = rng.below(4); i > 0; --i) list.push_back(random_value(rng, depth - 1));
      return {std::move(list)};
    }
    default:
      return {random_table(rng, depth - 1)};
  }
}

Table random_table(Rng& rng, int depth) {
  Table table;
  for (std::uint64_t i = rng.below(5); i > 0; --i) {
    table.set(random_text(rng), random_value(rng, depth));
  }
  return table;
}

TEST(TomlLayout, PrintsAnyTreeSoThatItReadsBackEqual) {
  Rng rng(7, "toml layout");
  for (int round = 0; round < 2000; ++round) {
    const Table table = random_table(rng, 4);
    const std::string text = to_toml(table);
    ASSERT_EQ(parse_toml(text, "printed"), table) << text;
  }
}

TEST(TomlLayout, KeepsEveryBitOfANumber) {
  for (const double number : {0.1, 1e300, 5e-324, -0.0, 1.0, 1e16, 123456789012345680.0}) {
    Table table;
    table.set("x", {number});
    const Table read = parse_toml(to_toml(table), "printed");
    const double back = std::get<double>(read.find("x")->data);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(number)) << number;
  }
}

TEST(TomlLayout, PrintsNumbersThatAreNotFinite) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(toml_value({kInfinity}), "inf");
  EXPECT_EQ(toml_value({-kInfinity}), "-inf");
  EXPECT_EQ(toml_value({std::nan("")}), "nan");
}

TEST(TomlLayout, PutsPlainValuesBeforeSections) {
  const Table table = parse_toml("[a]\nx = 1\n[[a.b]]\ny = 2\n[c]\n", "t");
  EXPECT_EQ(to_toml(table), "[a]\nx = 1\n\n[[a.b]]\ny = 2\n\n[c]\n");
}

}  // namespace
}  // namespace foresight
