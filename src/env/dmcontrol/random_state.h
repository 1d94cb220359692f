// numpy.random.RandomState(seed), bit for bit, as far as the suite's tasks draw from it: the same
// seed starts the same episode here and there. Source: numpy, legacy-distributions.c.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace foresight {

class RandomState {
 public:
  explicit RandomState(std::uint32_t seed) : engine_(seed) {}

  // [0, 1), 53 bits.
  double uniform() {
    const double high = engine_() >> 5;
    const double low = engine_() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  // N(0, 1) by the polar method, which makes two at a time.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double x = 0.0;
    double y = 0.0;
    double square = 0.0;
    do {
      x = 2.0 * uniform() - 1.0;
      y = 2.0 * uniform() - 1.0;
      square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    const double factor = std::sqrt(-2.0 * std::log(square) / square);
    spare_ = factor * x;
    has_spare_ = true;
    return factor * y;
  }

 private:
  std::mt19937 engine_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace foresight
