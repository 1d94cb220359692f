// y = activation(LayerNorm(x)) as one differentiable step; eps 1e-5. Through the fused
// kernels of kernels/normed_activation on the CPU and, where they were built, on CUDA; elsewhere in
// plain tensor operations. Axes: E ensemble members, R rows, D features.
#pragma once

#include "base/tensor.h"
#include "kernels/normed_activation/activation.h"

namespace foresight {

// x [R, D], weight and bias [D] -> [R, D].
Tensor normed_activation(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         Activation activation, std::int64_t simnorm_dim);

// x [E, R, D], weight and bias [E, D] -> [E, R, D]: each member has its own scale and shift.
// dropout_mask [E, R, D] multiplies between LayerNorm and activation; undefined: no dropout.
Tensor normed_activation_ensemble(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                  Activation activation, std::int64_t simnorm_dim,
                                  const Tensor& dropout_mask = {});

// The plain tensor form that defines both; x [..., R, D], weight and bias [..., D].
Tensor normed_activation_plain(const Tensor& x, const Tensor& weight, const Tensor& bias,
                               Activation activation, std::int64_t simnorm_dim,
                               const Tensor& dropout_mask = {});

}  // namespace foresight
