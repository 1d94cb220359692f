// Adam over one flat buffer (Kingma & Ba, 2015; rounding as torch.optim.Adam), with a norm clip before
// it. Parts of the buffer may have their own learning rate.
#pragma once

#include <vector>

#include "base/tensor.h"

namespace foresight {

struct AdamConfig {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

// A run of the flat buffer with one learning rate.
struct AdamPart {
  std::int64_t offset = 0;
  std::int64_t length = 0;
  double learning_rate = 3e-4;
};

class Adam {
 public:
  // parameters [S]; the parts must cover it without gaps.
  Adam(const Tensor& parameters, std::vector<AdamPart> parts, AdamConfig config);

  // gradient [S] is read, not kept.
  void step(const Tensor& gradient);

  std::int64_t num_steps() const { return num_steps_; }
  const Tensor& first_moment() const { return first_moment_; }
  const Tensor& second_moment() const { return second_moment_; }
  // For checkpoints: both [S].
  void restore(const Tensor& first, const Tensor& second, std::int64_t num_steps);
  void scale_learning_rates(double factor);

 private:
  Tensor parameters_;
  std::vector<AdamPart> parts_;
  AdamConfig config_;
  Tensor first_moment_;
  Tensor second_moment_;
  std::int64_t num_steps_ = 0;
};

// Scales `gradient` [S] in place so that its L2 norm is at most `max_norm` (factor
// min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_) and returns the norm before.
Tensor clip_norm(const Tensor& gradient, double max_norm);

}  // namespace foresight
