// A normal distribution pushed through tanh, as Dreamer v1's actor has it. Entropy and mode have no
// closed form and come from samples. Reference: danijar/dreamerv2, common/dists.py, SampleDist,
// TanhBijector. Axes: K samples, B rows, A action.
#pragma once

#include "base/tensor.h"

namespace foresight {

struct TanhNormal {
  static constexpr int kNumSamples = 100;  // of entropy() and mode()

  Tensor mean;  // [B, A], before tanh
  Tensor std;   // [B, A]

  // eps [..., B, A], N(0, 1) -> tanh(mean + std eps).
  Tensor sample(const Tensor& eps) const;
  // x [..., B, A] in (-1, 1) -> log p [..., B], summed over A; through atanh, so that the gradient
  // reaches x too.
  Tensor log_prob(const Tensor& x) const;
  // eps [K, B, A] -> [B].
  Tensor entropy(const Tensor& eps) const;
  // eps [K, B, A] -> [B, A]: of K samples the one that is most probable in row 0, for all rows.
  // That is the original's (it forgets the batch).
  Tensor mode(const Tensor& eps) const;
};

// Layer outputs [..., A] -> mean 5 tanh(out / 5), deviation softplus(raw_std) + min_std.
TanhNormal tanh_normal_of(const Tensor& out, const Tensor& raw_std, double min_std);

}  // namespace foresight
