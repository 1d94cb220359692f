#include "nn/running_scale.h"

#include <algorithm>
#include <cmath>

#include "nn/torch.h"

namespace foresight {

RunningScale::RunningScale(double tau, const Tensor& start) : tau_(tau), value_(start.clone()) {}

Tensor percentile(const Tensor& x, double percent) {
  const Tensor sorted = std::get<0>(x.flatten().sort());  // [B]
  const std::int64_t last = sorted.size(0) - 1;
  const double position = percent * static_cast<double>(last) / 100.0;
  const auto lower = static_cast<std::int64_t>(std::floor(position));
  const std::int64_t upper = std::min(lower + 1, last);
  const double upper_weight = position - static_cast<double>(lower);
  return sorted[lower] * (1.0 - upper_weight) + sorted[upper] * upper_weight;
}

void RunningScale::update(const Tensor& x) {
  const torch::NoGradGuard no_grad;
  const Tensor range = (percentile(x, 95.0) - percentile(x, 5.0)).clamp_min(1.0);
  value_.lerp_(range.view({1}), tau_);
}

}  // namespace foresight
