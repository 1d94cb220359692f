#include "base/ticks.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {

std::vector<double> round_ticks(double low, double high, int count) {
  FS_CHECK(std::isfinite(low) && std::isfinite(high) && low <= high && count > 0,
           "ticks from {} to {}", low, high);
  if (high - low < 1e-12 * std::max(1.0, std::abs(high))) {
    const double margin = std::max(1e-9, 0.5 * std::abs(high));
    low -= margin;
    high += margin;
  }
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1.0 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; i += 1.0) ticks.push_back(i * step);
  return ticks;
}

std::string tick_label(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (size >= 1e3) return fmt::format("{:.4g}k", value / 1e3);
  return fmt::format("{:.4g}", size < 1e-12 ? 0.0 : value);
}

}  // namespace foresight
