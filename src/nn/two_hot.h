// Discrete regression of scalars in symlog space: a target is spread over the two nearest bins.
// Reference: nicklashansen/tdmpc2@e9f5932, common/math.py, symlog, symexp, two_hot, two_hot_inv,
// soft_ce. Axes: K bins.
#pragma once

#include "base/tensor.h"

namespace foresight {

struct TwoHotConfig {
  std::int64_t num_bins = 101;  // 0: plain regression, 1: regression in symlog space
  double vmin = -10.0;          // symlog units
  double vmax = 10.0;
  double bin_size() const { return (vmax - vmin) / static_cast<double>(num_bins - 1); }
};

Tensor symlog(const Tensor& x);
Tensor symexp(const Tensor& x);

// x [..., 1] -> [..., K]. At x beyond vmax the second write wraps to bin 0, as in the reference.
Tensor two_hot(const Tensor& x, const TwoHotConfig& config);

// logits [..., K] -> [..., 1]: symexp of the expected bin.
Tensor two_hot_inverse(const Tensor& logits, const TwoHotConfig& config);

// logits [..., K], target [..., 1] -> cross-entropy [..., 1]; fused on the CPU. No gradient reaches
// the target. The plain form defines it.
Tensor soft_cross_entropy_plain(const Tensor& logits, const Tensor& target,
                                const TwoHotConfig& config);
Tensor soft_cross_entropy(const Tensor& logits, const Tensor& target, const TwoHotConfig& config);

}  // namespace foresight
