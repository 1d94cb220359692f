// y = activation(LayerNorm(x)) and its gradient, one pass over memory each: the block that every
// network of TD-MPC2 repeats (nicklashansen/tdmpc2@e9f5932, common/layers.py, NormedLinear,
// SimNorm). Axes: R rows, D features. Arrays are row-major and contiguous.
#pragma once

#include <cstdint>

#include "kernels/normed_activation/activation.h"
#include "kernels/normed_activation/normed_activation_grad.h"
#include "kernels/simd/cpu_level.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {

// The same shape and constants forward and backward.
struct NormedActivation {
  std::int64_t num_rows = 0;      // R
  std::int64_t num_features = 0;  // D
  Activation activation = Activation::kMish;
  std::int64_t simnorm_dim = 8;        // divides D; read for kSimNorm only
  const float* norm_weight = nullptr;  // gamma [D]; null: no LayerNorm
  const float* norm_bias = nullptr;    // beta [D]
  // [R, D], multiplies between LayerNorm and activation; null: no dropout. Not with kSimNorm.
  const float* dropout_mask = nullptr;
  CpuLevel level = cpu_level();
};

// x [R, D] -> y [R, D] (may be x), mean [R] and rstd [R] = 1 / sqrt(var + 1e-5); both may be null
// when no backward pass follows.
void normed_activation_forward(const NormedActivation& op, const float* x, float* y, float* mean,
                               float* rstd, ThreadTeam& team);

// grad_y [R, D] -> grad_x [R, D] (may be grad_y), grad_norm_weight [D], grad_norm_bias [D]
// (overwritten; unused without LayerNorm). Sums over rows go in a fixed order: the same bits for
// any number of threads. scratch: normed_activation_scratch(D) floats.
std::int64_t normed_activation_scratch(std::int64_t num_features);
void normed_activation_backward(const NormedActivation& op, const NormedActivationGrad& grad,
                                ThreadTeam& team);

}  // namespace foresight
