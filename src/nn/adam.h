// Adam over one flat buffer (Kingma & Ba, 2015; rounding as torch.optim.Adam), with a norm clip
// before it. Parts of the buffer may have their own learning rate.
#pragma once

#include <limits>
#include <vector>

#include "base/tensor.h"
#include "kernels/adam/adam.h"

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

  // gradient [S], read as if scaled by min(1, max_norm / (norm + 1e-6)), which is
  // torch.nn.utils.clip_grad_norm_. On the CPU in one fused pass.
  void step(const Tensor& gradient, double max_norm = std::numeric_limits<double>::infinity()) {
    count_step();
    apply(gradient, max_norm);
  }
  // The two halves of step(): what the host knows of it (its number, and what follows from that),
  // and the work, which can be recorded as a CUDA graph.
  void count_step();
  void apply(const Tensor& gradient, double max_norm);
  // apply() in plain tensor operations, as elsewhere than on the CPU: the meaning.
  void apply_plain(const Tensor& gradient, double max_norm);
  // L2 norm of the last gradient, before the scaling. []
  Tensor gradient_norm() const;
  // The same as a number; on the CPU only.
  double gradient_norm_value() const { return norm_value_; }

  std::int64_t num_steps() const { return num_steps_; }
  const Tensor& first_moment() const { return first_moment_; }
  const Tensor& second_moment() const { return second_moment_; }
  // For checkpoints: both [S].
  void restore(const Tensor& first, const Tensor& second, std::int64_t num_steps);

 private:
  void apply_fused(const Tensor& gradient, double max_norm);
  void write_corrections(Tensor& corrections) const;  // on the CPU

  Tensor parameters_;
  std::vector<AdamPart> parts_;
  AdamConfig config_;
  Tensor first_moment_;
  Tensor second_moment_;
  Tensor corrections_;                 // [2]: 1 - beta1^t and the root of 1 - beta2^t
  Tensor norm_;                        // of apply_plain()
  double norm_value_ = 0.0;            // on the CPU
  std::vector<AdamSegment> segments_;  // of the CPU's step: kept, so that it takes no memory
  std::int64_t num_steps_ = 0;
};

// target += rate (source - target); tensors of equal size. A target network's slow copying.
void move_towards(const Tensor& target, const Tensor& source, double rate);

}  // namespace foresight
