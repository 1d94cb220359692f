// Adam as Keras has it, with what DreamerV2 does before it: the gradients are cut to a largest
// norm, then every parameter shrinks by (1 - weight_decay), then
//   m <- .9 m + .1 g,  v <- .999 v + .001 g^2,  p <- p - lr sqrt(1 - .999^t) / (1 - .9^t) m /
//   (sqrt(v) + epsilon):
// epsilon is added to the root that is not yet corrected ("epsilon hat" of Kingma and Ba).
// Reference: danijar/dreamerv2, common/tfutils.py, Optimizer.
#pragma once

#include "base/tensor.h"
#include "config/fields.h"

namespace foresight {

struct KerasAdamConfig {
  double learning_rate = 1e-4;
  double epsilon = 1e-5;
  double clip_norm = 100.0;
  double weight_decay = 1e-6;  // of each step, not times the learning rate

  void visit(FieldVisitor& v) {
    v.field("learning_rate", learning_rate, {0, 1}, "Adam's");
    v.field("epsilon", epsilon, {0, 1}, "added to the root of the second moment, uncorrected");
    v.field("clip_norm", clip_norm, {0, 1e9}, "largest norm of the gradient; 0: no limit");
    v.field("weight_decay", weight_decay, {0, 1}, "share that every parameter loses in a step");
  }
};

class KerasAdam {
 public:
  // parameters [S], changed in place.
  KerasAdam(const Tensor& parameters, const KerasAdamConfig& config);

  // gradient [S].
  void step(const Tensor& gradient) {
    count_step();
    apply(gradient);
  }
  // The two halves of step(): what the host knows of it (its number, and what follows from that),
  // and the work, which can be recorded as a CUDA graph.
  void count_step();
  void apply(const Tensor& gradient);
  // apply() in plain tensor operations, as elsewhere than on the CPU: the meaning.
  void apply_plain(const Tensor& gradient);
  // L2 norm of the last gradient, before the cut. []
  Tensor gradient_norm() const { return norm_; }

  std::int64_t num_steps() const { return num_steps_; }
  const Tensor& first_moment() const { return first_moment_; }
  const Tensor& second_moment() const { return second_moment_; }
  // For checkpoints: both [S].
  void restore(const Tensor& first, const Tensor& second, std::int64_t num_steps);

 private:
  void apply_fused(const Tensor& gradient);

  Tensor parameters_;
  KerasAdamConfig config_;
  Tensor first_moment_;
  Tensor second_moment_;
  Tensor corrections_;  // [2]: 1 - .9^t and the root of 1 - .999^t
  Tensor norm_;
  std::int64_t num_steps_ = 0;
};

}  // namespace foresight
