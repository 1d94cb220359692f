#include "replay/reward_backprop.h"

#include <cmath>

namespace foresight {

void spread_win_bonus(std::span<float> rewards, double bonus, double discount) {
  const auto last = static_cast<std::int64_t>(rewards.size()) - 2;
  for (std::int64_t t = 0; t <= last; ++t) {
    const double share = bonus * std::pow(discount, static_cast<double>(last - t));
    rewards[static_cast<std::size_t>(t)] += static_cast<float>(share);
  }
}

}  // namespace foresight
