// How TD-MPC2 learns. Defaults: the official single-task agent; the hockey project's choices are
// named options. Sources: nicklashansen/tdmpc2@e9f5932 and the student hockey project at 5341212.
#pragma once

#include <cstdint>
#include <string>

#include "config/fields.h"

namespace foresight {

struct Tdmpc2LearnerConfig {
  std::int64_t batch_size = 256;
  std::int64_t horizon = 0;  // 0: the planner's
  double rho = 0.5;
  double learning_rate = 3e-4;
  double encoder_lr_scale = 0.3;
  double grad_clip_norm = 20.0;
  double target_tau = 0.01;
  double scale_tau = 0.01;
  double consistency_coef = 20.0;
  double reward_coef = 0.1;
  double value_coef = 0.1;
  double termination_coef = 1.0;
  double entropy_coef = 1e-4;
  std::int64_t n_step = 1;
  std::string policy_q = "two_random";  // or all
  bool target_dropout = false;
  bool mixed_termination_weights = false;
  std::string precision = "fp32";  // or tf32
  bool graphs = true;

  void visit(FieldVisitor& v) {
    const Range coefficient{0, 1e6};
    v.field("batch_size", batch_size, {1, 65536}, "slices an update");
    v.field("horizon", horizon, {0, 1000}, "steps of a slice; 0: the planner's horizon");
    v.field("rho", rho, {0, 1}, "weight of step t is rho^t (the hockey project: lambda)");
    v.field("learning_rate", learning_rate, {0, 1}, "of Adam, both optimisers");
    v.field("encoder_lr_scale", encoder_lr_scale, {0, 10},
            "the encoder learns at this share of it");
    v.field("grad_clip_norm", grad_clip_norm, {1e-6, 1e6}, "largest L2 norm of a gradient");
    v.field("target_tau", target_tau, {0, 1}, "target moves by this share towards Q an update");
    v.field("scale_tau", scale_tau, {0, 1}, "the same for the scale of values");
    v.field("consistency_coef", consistency_coef, coefficient, "weight of the latent loss");
    v.field("reward_coef", reward_coef, coefficient, "weight of the reward loss");
    v.field("value_coef", value_coef, coefficient, "weight of the value loss");
    v.field("termination_coef", termination_coef, coefficient, "weight of the end's loss");
    v.field("entropy_coef", entropy_coef, coefficient, "weight of the policy's scaled entropy");
    v.field("n_step", n_step, {1, 1000}, "rewards summed before the bootstrap");
    v.field("policy_q", policy_q, {"two_random", "all"},
            "the Qs the policy maximises: mean of two (official) or of all (hockey)");
    v.field("target_dropout", target_dropout,
            "dropout stays on in TD targets and in the planner while training (hockey)");
    v.field("mixed_termination_weights", mixed_termination_weights,
            "prioritised replay weighs end losses in the hockey project's mixed order");
    v.field("precision", precision, {"fp32", "tf32"},
            "in which a CUDA device multiplies; the CPU always in fp32");
    v.field("graphs", graphs,
            "on a CUDA device updates are recorded once, as a graph, and replayed from then on");
  }
};

// gamma of an episode of this many steps: clamp((T / denom - 1) / (T / denom), min, max).
double discount_of(std::int64_t episode_length, double denom, double min, double max);

}  // namespace foresight
