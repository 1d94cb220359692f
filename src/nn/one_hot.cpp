#include "nn/one_hot.h"

#include "nn/torch.h"

namespace foresight {

Tensor sample_one_hot(const Tensor& logits, const Tensor& gumbel) {
  Tensor one_hot;
  {
    const torch::NoGradGuard no_grad;
    const Tensor index = (logits + gumbel).argmax(-1, /*keepdim=*/true);
    one_hot = torch::zeros_like(logits).scatter_(-1, index, 1.0);
  }
  if (!logits.requires_grad()) return one_hot;
  const Tensor probs = logits.softmax(-1);
  return one_hot + (probs - probs.detach());
}

Tensor one_hot_mode(const Tensor& logits) {
  const torch::NoGradGuard no_grad;
  return torch::zeros_like(logits).scatter_(-1, logits.argmax(-1, /*keepdim=*/true), 1.0);
}

Tensor one_hot_entropy(const Tensor& logits) {
  const Tensor log_probs = logits.log_softmax(-1);
  return -(log_probs.exp() * log_probs).sum(-1);
}

Tensor one_hot_log_prob(const Tensor& logits, const Tensor& one_hot) {
  return (logits.log_softmax(-1) * one_hot.detach()).sum(-1);
}

Tensor one_hot_kl(const Tensor& p_logits, const Tensor& q_logits) {
  const Tensor log_p = p_logits.log_softmax(-1);
  return (log_p.exp() * (log_p - q_logits.log_softmax(-1))).sum(-1);
}

}  // namespace foresight
