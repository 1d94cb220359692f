#include "net/latency.h"

#include <algorithm>
#include <cmath>

namespace foresight {
namespace {

constexpr double kWidth = 1.02;
constexpr double kFirstMs = 0.001;

}  // namespace

void LatencyHistogram::add(double ms) {
  const double place = std::ceil(std::log(std::max(ms, kFirstMs) / kFirstMs) / std::log(kWidth));
  ++counts_[std::clamp(static_cast<int>(place), 0, kNumClasses - 1)];
  ++count_;
  worst_ms_ = std::max(worst_ms_, ms);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (int i = 0; i < kNumClasses; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  worst_ms_ = std::max(worst_ms_, other.worst_ms_);
}

double LatencyHistogram::quantile_ms(double share) const {
  const double wanted = share * static_cast<double>(count_);
  double below = 0.0;
  for (int i = 0; i < kNumClasses && count_ > 0; ++i) {
    below += static_cast<double>(counts_[i]);
    if (counts_[i] > 0 && below >= wanted) {
      return std::min(kFirstMs * std::pow(kWidth, i), worst_ms_);
    }
  }
  return 0.0;
}

}  // namespace foresight
