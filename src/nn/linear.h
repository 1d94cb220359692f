// y = x W^T + b as a differentiable step. On the CPU through kernels/linear_training, elsewhere in
// plain tensor operations and the format of matmul_format.h. Gradients that nobody asks for (frozen
// weights, observations) are not computed. Axes: E ensemble members, R rows, K inputs, N outputs.
#pragma once

#include "base/tensor.h"

namespace foresight {

// x [R, K], weight [N, K], bias [N] -> [R, N].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

// elu(linear(x, weight, bias)).
Tensor linear_elu(const Tensor& x, const Tensor& weight, const Tensor& bias);
// grad_y [R, N], x [R, K] -> the weight's gradient grad_y^T x [N, K].
Tensor linear_weight_gradient(const Tensor& grad_y, const Tensor& x);

// x [E, R, K], or [R, K] that all members read; weight [E, N, K], bias [E, N] -> [E, R, N].
Tensor linear_ensemble(const Tensor& x, const Tensor& weight, const Tensor& bias);

// The plain tensor forms that define them.
Tensor linear_plain(const Tensor& x, const Tensor& weight, const Tensor& bias);
Tensor linear_elu_plain(const Tensor& x, const Tensor& weight, const Tensor& bias);
Tensor linear_ensemble_plain(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace foresight
