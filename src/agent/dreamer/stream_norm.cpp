#include "agent/dreamer/stream_norm.h"

#include "nn/rank_tensors.h"
#include "nn/torch.h"

namespace foresight {

StreamNorm::StreamNorm(const StreamNormConfig& config, const at::Device& device)
    : config_(config), magnitude_(torch::ones({}, torch::dtype(torch::kDouble).device(device))) {}

Tensor StreamNorm::operator()(const Tensor& values, Ranks& ranks) {
  // As long as it is off, not even the epsilon acts.
  if (config_.momentum == 1.0 && config_.scale == 1.0) return values;
  if (config_.momentum < 1.0) {
    const Tensor size = values.detach().abs().mean();
    average_over(ranks, size);
    magnitude_.mul_(config_.momentum).add_(size.to(torch::kDouble), 1.0 - config_.momentum);
  }
  return values * (config_.scale / (magnitude_ + config_.epsilon));
}

double StreamNorm::magnitude() const { return magnitude_.item<double>(); }

void StreamNorm::set_magnitude(double magnitude) { magnitude_.fill_(magnitude); }

}  // namespace foresight
