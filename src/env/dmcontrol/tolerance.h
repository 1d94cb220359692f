// The suite's soft indicator: 1 inside the bounds, falling to `value_at_margin` at a distance of
// `margin` from them. Source: dm_control 1.0.50, utils/rewards.py, tolerance.
#pragma once

#include <cmath>
#include <limits>

namespace foresight {

struct Bounds {
  double lower = 0.0;
  double upper = 0.0;
};
inline Bounds at_least(double value) { return {value, std::numeric_limits<double>::infinity()}; }
inline Bounds at_most(double value) { return {-std::numeric_limits<double>::infinity(), value}; }

enum class Falloff { kGaussian, kLinear, kQuadratic };

// margin 0: 0 outside of the bounds. The two polynomials are 0 from where they reach 0.
inline double tolerance(double x, Bounds bounds, double margin = 0.0,
                        Falloff falloff = Falloff::kGaussian, double value_at_margin = 0.1) {
  if (bounds.lower <= x && x <= bounds.upper) return 1.0;
  if (margin == 0.0) return 0.0;
  const double distance = (x < bounds.lower ? bounds.lower - x : x - bounds.upper) / margin;
  if (falloff == Falloff::kGaussian) {
    const double scaled = distance * std::sqrt(-2.0 * std::log(value_at_margin));
    return std::exp(-0.5 * (scaled * scaled));
  }
  if (falloff == Falloff::kLinear) {
    const double scaled = distance * (1.0 - value_at_margin);
    return scaled < 1.0 ? 1.0 - scaled : 0.0;
  }
  const double scaled = distance * std::sqrt(1.0 - value_at_margin);
  return scaled < 1.0 ? 1.0 - scaled * scaled : 0.0;
}

}  // namespace foresight
