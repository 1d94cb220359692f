#include "replay/sum_tree.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

TEST(SumTree, FindsTheNumberThatHoldsAPoint) {
  SumTree tree(5);
  for (std::int64_t i = 0; i < 5; ++i) tree.set(i, static_cast<double>(i));  // 0 1 2 3 4
  EXPECT_EQ(tree.total(), 10.0);
  const std::vector<std::int64_t> expected{1, 2, 2, 3, 3, 3, 4, 4, 4, 4};
  for (std::size_t point = 0; point < expected.size(); ++point) {
    EXPECT_EQ(tree.find(static_cast<double>(point)), expected[point]) << point;
  }
  tree.set(3, 0.0);
  EXPECT_EQ(tree.find(3.0), 4);
}

TEST(SumTree, NeverFindsAZeroEvenAtTheVeryEnd) {
  SumTree tree(7);
  tree.set(2, 0.1);
  EXPECT_EQ(tree.find(0.0), 2);
  EXPECT_EQ(tree.find(tree.total()), 2);  // a rounded draw
}

TEST(SumTree, SumsDependOnTheNumbersAlone) {
  SumTree changed(100), fresh(100);
  Rng rng(1, "numbers");
  for (int i = 0; i < 1000; ++i) {
    changed.set(static_cast<std::int64_t>(rng.below(100)), rng.uniform());
  }
  for (std::int64_t i = 0; i < 100; ++i) fresh.set(i, changed.at(i));
  EXPECT_EQ(fresh.total(), changed.total());
}

TEST(SumTree, RefusesNonsense) {
  SumTree tree(4);
  EXPECT_THROW(tree.find(0.0), ContractViolation);
  EXPECT_THROW(tree.set(4, 1.0), ContractViolation);
  EXPECT_THROW(tree.set(0, -1.0), ContractViolation);
  EXPECT_THROW(tree.set(0, std::numeric_limits<double>::quiet_NaN()), ContractViolation);
}

}  // namespace
}  // namespace foresight
