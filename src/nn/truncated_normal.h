// A normal distribution cut to (-1, 1) in every dimension, drawn by its inverse distribution
// function. Reference: danijar/dreamerv2, common/dists.py, TruncNormalDist;
// tfp.distributions.TruncatedNormal.
#pragma once

#include "base/tensor.h"

namespace foresight {

struct TruncatedNormal {
  Tensor loc;    // [..., A]
  Tensor scale;  // [..., A], > 0

  // u [..., A], uniform on (0, 1) -> draws, held in [-1 + 1e-6, 1 - 1e-6]. Gradients are the
  // original's, dx/dloc = 1 and dx/dscale = (x - loc) / scale, which leave out that the cut moves
  // with loc and scale; holding the value back costs no gradient.
  Tensor sample(const Tensor& u) const;
  // log p(x) of each dimension [..., A].
  Tensor log_prob(const Tensor& x) const;
  // Of each dimension [..., A], nats.
  Tensor entropy() const;
  Tensor mode() const;  // loc, held in [-1, 1]
};

// Layer outputs [..., A] -> loc tanh(out), scale 2 sigmoid(raw_std / 2) + min_std.
TruncatedNormal truncated_normal_of(const Tensor& out, const Tensor& raw_std, double min_std);

}  // namespace foresight
