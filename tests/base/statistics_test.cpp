#include "base/statistics.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

// Known values: Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
// Medicine 17 (1998), table I, method 3.
TEST(WilsonInterval, ReproducesNewcombesTable) {
  EXPECT_NEAR(wilson_interval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(wilson_interval(81, 263).high, 0.3662, 5e-5);
  EXPECT_NEAR(wilson_interval(15, 148).low, 0.0624, 5e-5);
  EXPECT_NEAR(wilson_interval(15, 148).high, 0.1605, 5e-5);
  EXPECT_NEAR(wilson_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_NEAR(wilson_interval(1, 29).low, 0.0061, 5e-5);
  EXPECT_NEAR(wilson_interval(1, 29).high, 0.1718, 5e-5);
}

TEST(WilsonInterval, StaysInsideOfZeroAndOne) {
  EXPECT_EQ(wilson_interval(0, 20).low, 0.0);
  EXPECT_EQ(wilson_interval(20, 20).high, 1.0);
  EXPECT_EQ(wilson_interval(0, 0).low, 0.0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1.0);
}

TEST(WilsonInterval, RefusesMoreSuccessesThanTrials) {
  EXPECT_THROW(wilson_interval(3, 2), ContractViolation);
}

TEST(Percentile, InterpolatesBetweenSortedValues) {
  const std::vector<double> values{40.0, 10.0, 30.0, 20.0};
  EXPECT_DOUBLE_EQ(percentile(values, 0.0), 10.0);
  EXPECT_DOUBLE_EQ(percentile(values, 0.5), 25.0);
  EXPECT_DOUBLE_EQ(percentile(values, 1.0), 40.0);
  EXPECT_DOUBLE_EQ(percentile({}, 0.5), 0.0);
}

TEST(StandardDeviation, DividesByOneLessThanTheCount) {
  const std::vector<double> values{2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0};
  EXPECT_DOUBLE_EQ(mean_of(values), 5.0);
  EXPECT_NEAR(standard_deviation(values), 2.1380899, 1e-6);
  EXPECT_DOUBLE_EQ(standard_deviation(std::vector<double>{3.0}), 0.0);
}

}  // namespace
}  // namespace foresight
