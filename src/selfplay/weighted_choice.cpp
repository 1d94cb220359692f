#include "selfplay/weighted_choice.h"

#include <numeric>

#include "base/error.h"

namespace foresight {

std::size_t choose_by_weight(std::span<const double> weights, Rng& rng) {
  FS_CHECK(!weights.empty(), "nothing to choose from");
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(total > 0.0)) return static_cast<std::size_t>(rng.below(weights.size()));
  double left = rng.uniform(0.0, total);
  std::size_t chosen = 0;
  std::size_t last = 0;  // with a weight: where rounding would carry the draw beyond the end
  for (std::size_t i = 0; i < weights.size(); ++i) {
    FS_CHECK(weights[i] >= 0.0, "weight {} is {}", i, weights[i]);
    if (weights[i] > 0.0) last = i;
  }
  while (chosen < last && left >= weights[chosen]) left -= weights[chosen++];
  return chosen;
}

}  // namespace foresight
