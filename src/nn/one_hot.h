// A choice among K classes as a one-hot vector, with the straight-through gradient: forward the
// draw, backward its probabilities.
// Reference: danijar/dreamerv2, common/dists.py, OneHotDist. Axes: K classes, last.
#pragma once

#include "base/tensor.h"

namespace foresight {

// logits, gumbel [..., K] -> one-hot of argmax(logits + gumbel); the gradient is softmax(logits)'s.
Tensor sample_one_hot(const Tensor& logits, const Tensor& gumbel);
// The most probable class, without gradient.
Tensor one_hot_mode(const Tensor& logits);
// [..., K] -> [...], nats.
Tensor one_hot_entropy(const Tensor& logits);
// log p(one_hot) [...]; no gradient reaches `one_hot`.
Tensor one_hot_log_prob(const Tensor& logits, const Tensor& one_hot);
// KL(p || q) [...] of the classes given by two sets of logits.
Tensor one_hot_kl(const Tensor& p_logits, const Tensor& q_logits);

}  // namespace foresight
