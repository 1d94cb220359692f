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

  // gradient [S]. Returns its norm before the cut.
  double step(const Tensor& gradient);

  std::int64_t num_steps() const { return num_steps_; }
  const Tensor& first_moment() const { return first_moment_; }
  const Tensor& second_moment() const { return second_moment_; }
  // For checkpoints: both [S].
  void restore(const Tensor& first, const Tensor& second, std::int64_t num_steps);

 private:
  void step_plain(const Tensor& gradient, double scale, double epsilon);
  void step_fused(const Tensor& gradient, double scale, double epsilon);

  Tensor parameters_;
  KerasAdamConfig config_;
  Tensor first_moment_;
  Tensor second_moment_;
  std::int64_t num_steps_ = 0;
};

}  // namespace foresight
