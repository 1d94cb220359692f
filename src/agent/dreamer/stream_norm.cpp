#include "agent/dreamer/stream_norm.h"

#include <numeric>

#include "nn/torch.h"

namespace foresight {

Tensor StreamNorm::operator()(const Tensor& values, Ranks& ranks) {
  if (config_.momentum < 1.0) {
    const auto sizes = gather_values(ranks, values.detach().abs().mean().item<double>());
    const double size = std::accumulate(sizes.begin(), sizes.end(), 0.0) / ranks.size();
    magnitude_ = config_.momentum * magnitude_ + (1.0 - config_.momentum) * size;
  }
  const double factor = config_.scale / (magnitude_ + config_.epsilon);
  // As long as it is off, not even the epsilon acts.
  return config_.momentum == 1.0 && config_.scale == 1.0 ? values : values * factor;
}

}  // namespace foresight
