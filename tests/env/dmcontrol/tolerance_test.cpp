#include "env/dmcontrol/tolerance.h"

#include <gtest/gtest.h>

namespace foresight {
namespace {

constexpr Bounds kBounds{1.0, 2.0};

// Expected numbers: dm_control 1.0.50, utils/rewards.py.
TEST(Tolerance, FallsAsTheSuitesDoes) {
  EXPECT_DOUBLE_EQ(tolerance(0.5, kBounds, 1.0), 0.5623413251903491);
  EXPECT_DOUBLE_EQ(tolerance(3.5, kBounds, 1.0), 0.005623413251903492);
  EXPECT_DOUBLE_EQ(tolerance(0.5, kBounds, 1.0, Falloff::kLinear, 0.5), 0.75);
  EXPECT_EQ(tolerance(-9.0, kBounds, 1.0, Falloff::kLinear, 0.5), 0.0);
  EXPECT_DOUBLE_EQ(tolerance(2.6, kBounds, 2.0, Falloff::kQuadratic, 0.0), 0.91);
  EXPECT_EQ(tolerance(4.1, kBounds, 2.0, Falloff::kQuadratic, 0.0), 0.0);
}

TEST(Tolerance, IsOneWithinItsBoundsAndAStepWithoutAMargin) {
  for (const double x : {1.0, 1.5, 2.0}) EXPECT_EQ(tolerance(x, kBounds), 1.0);
  for (const double x : {0.9999, 2.0001}) EXPECT_EQ(tolerance(x, kBounds), 0.0);
  EXPECT_EQ(tolerance(1e9, at_least(3.0), 1.0), 1.0);
  EXPECT_EQ(tolerance(-1e9, at_most(3.0), 1.0), 1.0);
}

}  // namespace
}  // namespace foresight
