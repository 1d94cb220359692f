// How long answers took, in bounded memory: counts of times in classes 2 % wide.
#pragma once

#include <array>
#include <cstdint>

namespace foresight {

class LatencyHistogram {
 public:
  void add(double ms);
  void add(const LatencyHistogram& other);
  std::int64_t count() const { return count_; }
  // The time within which so large a share of the answers was ready, too long by 2 % at most; 0
  // without any.
  double quantile_ms(double share) const;
  double worst_ms() const { return worst_ms_; }  // exact

 private:
  // From 1 microsecond to an hour: 1.02^1112 = 3.6e9.
  static constexpr int kNumClasses = 1113;
  std::array<std::int64_t, kNumClasses> counts_{};
  std::int64_t count_ = 0;
  double worst_ms_ = 0.0;
};

}  // namespace foresight
