#include "cluster/sweep.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace foresight {
namespace {

using Words = std::vector<std::string>;

TEST(Sweep, SplitsValuesAtCommasOutsideOfBracketsAndQuotes) {
  EXPECT_EQ(split_values("a.b=1,2,3"), (Words{"a.b=1", "a.b=2", "a.b=3"}));
  EXPECT_EQ(split_values("a=1"), Words{"a=1"});
  EXPECT_EQ(split_values("a=[1,2],[3]"), (Words{"a=[1,2]", "a=[3]"}));
  EXPECT_EQ(split_values("a={ x = 1, y = 2 }"), Words{"a={ x = 1, y = 2 }"});
  EXPECT_EQ(split_values("a=\"x,y\",z"), (Words{"a=\"x,y\"", "a=z"}));
  EXPECT_EQ(split_values("no assignment, really"), Words{"no assignment, really"});
}

TEST(Sweep, CombinesEveryValueWithEveryOther) {
  EXPECT_EQ(combinations({}), std::vector<Words>{{}});
  EXPECT_EQ(combinations({"a=1,2", "b=3,4"}),
            (std::vector<Words>{{"a=1", "b=3"}, {"a=1", "b=4"}, {"a=2", "b=3"}, {"a=2", "b=4"}}));
}

TEST(Sweep, CountsSeedsFromTheConfigsOwn) {
  const auto members = plan_sweep({.config = "toy/random",
                                   .overrides = {"train.steps=100,200", "seed=7"},
                                   .num_seeds = 1,
                                   .note = "why"});
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[1].experiment.config.train.steps, 200);
  EXPECT_EQ(members[1].experiment.config.seed, 7);
  EXPECT_EQ(members[1].experiment.config.note, "why");
  const auto seeds =
      plan_sweep({.config = "toy/random", .overrides = {}, .num_seeds = 3, .note = {}});
  ASSERT_EQ(seeds.size(), 3u);
  EXPECT_EQ(seeds[2].experiment.config.seed, seeds[0].experiment.config.seed + 2);
  EXPECT_EQ(member_words(seeds[2].overrides), "seed=3");
}

void expect_error(const SweepPlan& plan, const std::vector<std::string>& parts) {
  try {
    plan_sweep(plan);
    FAIL() << "accepted";
  } catch (const Error& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part << "\n"
                                                                         << error.what();
    }
  }
}

TEST(Sweep, NamesEveryBadMemberWithItsKeyAndReason) {
  expect_error({.config = "toy/random", .overrides = {"train.num_games=1,0,-3"}},
               {"nothing is submitted", "train.num_games=0", "train.num_games=-3",
                "expected an integer in [1"});
  expect_error({.config = "toy/random", .overrides = {"train.stepps=1"}}, {"train.steps"});
}

TEST(Sweep, RefusesAKeyTwice) {
  expect_error({.config = "toy/random", .overrides = {"train.steps=1", "train.steps=2"}},
               {"given twice", "train.steps=1,2"});
  expect_error({.config = "toy/random", .overrides = {"seed=1,2"}, .num_seeds = 2}, {"not both"});
}

}  // namespace
}  // namespace foresight
