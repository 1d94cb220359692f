#include "nn/tanh_normal.h"

#include <cmath>

#include "nn/normal_constants.h"
#include "nn/torch.h"

namespace foresight {
namespace {

constexpr double kLargest = 0.99999997;

}  // namespace

Tensor TanhNormal::sample(const Tensor& eps) const { return (mean + std * eps).tanh(); }

Tensor TanhNormal::log_prob(const Tensor& x) const {
  const Tensor u = x.clamp(-kLargest, kLargest).atanh();
  const Tensor normal = -0.5 * ((u - mean) / std).square() - kHalfLogTwoPi - std.log();
  const Tensor log_slope = 2.0 * (std::log(2.0) - u - torch::softplus(-2.0 * u));
  return (normal - log_slope).sum(-1);
}

Tensor TanhNormal::entropy(const Tensor& eps) const { return -log_prob(sample(eps)).mean(0); }

Tensor TanhNormal::mode(const Tensor& eps) const {
  const torch::NoGradGuard no_grad;
  const Tensor samples = sample(eps);
  return samples[log_prob(samples).select(-1, 0).argmax(0).item<std::int64_t>()];
}

TanhNormal tanh_normal_of(const Tensor& out, const Tensor& raw_std, double min_std) {
  return {5.0 * (out / 5.0).tanh(), torch::softplus(raw_std) + min_std};
}

}  // namespace foresight
