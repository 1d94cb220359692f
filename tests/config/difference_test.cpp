#include "config/difference.h"

#include <gtest/gtest.h>

#include "config/table.h"

namespace foresight {
namespace {

TEST(Differences, NameEveryChangedKeyWithBothValues) {
  const Table before = parse_toml("a = 1\nb = 'x'\n[c]\nd = [1, 2]\ne = true\n", "before");
  const Table after = parse_toml("a = 1.5\nb = 'x'\n[c]\nd = [1, 3]\nf = 0\n", "after");
  EXPECT_EQ(differences(before, after),
            (std::vector<std::string>{"a: 1 -> 1.5", "c.d: [1, 2] -> [1, 3]", "c.e: true -> none",
                                      "c.f: none -> 0"}));
  EXPECT_TRUE(differences(before, before).empty());
}

}  // namespace
}  // namespace foresight
