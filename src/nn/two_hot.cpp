#include "nn/two_hot.h"

#include <torch/torch.h>

namespace foresight {

Tensor symlog(const Tensor& x) { return x.sign() * x.abs().log1p(); }

// exp(|x|) - 1 and not expm1: the reference's rounding.
Tensor symexp(const Tensor& x) { return x.sign() * (x.abs().exp() - 1); }

Tensor two_hot(const Tensor& x, const TwoHotConfig& config) {
  if (config.num_bins == 0) return x;
  if (config.num_bins == 1) return symlog(x);
  const Tensor y = symlog(x).clamp(config.vmin, config.vmax);
  const Tensor position = (y - config.vmin) / config.bin_size();  // [..., 1]
  const Tensor lower = position.floor();
  const Tensor fraction = position - lower;
  const Tensor index = lower.to(torch::kLong);
  auto shape = x.sizes().vec();
  shape.back() = config.num_bins;
  Tensor result = torch::zeros(shape, x.options());
  result.scatter_(-1, index, 1 - fraction);
  result.scatter_(-1, (index + 1).remainder(config.num_bins), fraction);
  return result;
}

Tensor two_hot_inverse(const Tensor& logits, const TwoHotConfig& config) {
  if (config.num_bins == 0) return logits;
  if (config.num_bins == 1) return symexp(logits);
  const Tensor bins =
      torch::linspace(config.vmin, config.vmax, config.num_bins, logits.options());  // [K]
  return symexp((logits.softmax(-1) * bins).sum(-1, /*keepdim=*/true));
}

Tensor soft_cross_entropy(const Tensor& logits, const Tensor& target, const TwoHotConfig& config) {
  return -(two_hot(target, config) * logits.log_softmax(-1)).sum(-1, /*keepdim=*/true);
}

}  // namespace foresight
