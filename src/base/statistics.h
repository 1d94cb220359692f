// The few statistics of evaluations, tournaments and benchmarks.
#pragma once

#include <cstdint>
#include <span>

namespace foresight {

struct Interval {
  double low = 0.0;
  double high = 1.0;
};

// 95 % score interval of a share: `successes` of `trials`. Wilson, "Probable inference, the law of
// succession, and statistical inference", JASA 1927. No trials: [0, 1].
Interval wilson_interval(std::int64_t successes, std::int64_t trials);

// Linear interpolation between order statistics; share in [0, 1]. No values: 0.
double percentile(std::span<const double> values, double share);

double mean_of(std::span<const double> values);
double standard_deviation(std::span<const double> values);  // n - 1; 0 below two values

}  // namespace foresight
