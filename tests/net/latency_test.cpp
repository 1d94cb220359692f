#include "net/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"

namespace foresight {
namespace {

TEST(Latency, QuantilesAreTooLongByTwoPercentAtMost) {
  Rng rng(1, "latency test");
  LatencyHistogram histogram;
  std::vector<double> times;
  for (int i = 0; i < 10'000; ++i) {
    times.push_back(std::exp(rng.uniform(-5.0, 8.0)));
    histogram.add(times.back());
  }
  std::ranges::sort(times);
  for (const double share : {0.001, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = times[static_cast<std::size_t>(std::ceil(share * 10'000)) - 1];
    const double told = histogram.quantile_ms(share);
    EXPECT_GE(told, exact * 0.999999) << share;
    EXPECT_LE(told, exact * 1.0201) << share;
  }
  EXPECT_EQ(histogram.worst_ms(), times.back());
}

TEST(Latency, AddsUpAndKnowsNothingAtFirst) {
  LatencyHistogram sum;
  EXPECT_EQ(sum.quantile_ms(0.5), 0.0);
  EXPECT_EQ(sum.worst_ms(), 0.0);
  LatencyHistogram one;
  one.add(1.0);
  LatencyHistogram other;
  other.add(100.0);
  other.add(0.0);
  sum.add(one);
  sum.add(other);
  EXPECT_EQ(sum.count(), 3);
  EXPECT_NEAR(sum.quantile_ms(0.5), 1.0, 0.02);
  EXPECT_EQ(sum.worst_ms(), 100.0);
}

TEST(Latency, TimesBeyondItsClassesStayInTheLast) {
  LatencyHistogram histogram;
  histogram.add(1e12);
  EXPECT_GT(histogram.quantile_ms(0.5), 3.5e6);
  EXPECT_EQ(histogram.worst_ms(), 1e12);
}

}  // namespace
}  // namespace foresight
