// normed_activation.h on a CUDA device, for an ensemble at once. All arrays are in its memory,
// float, row-major and contiguous; work is put on `stream` (a cudaStream_t) and not waited for, so
// that it can be recorded into a graph. Built where nvcc is there. Axes: E members, R rows, D
// features.
#pragma once

#include <cstdint>

#include "kernels/normed_activation/activation.h"
#include "kernels/normed_activation/normed_activation_grad.h"

namespace foresight {

struct NormedActivationCuda {
  std::int64_t num_members = 1;   // E
  std::int64_t num_rows = 0;      // R
  std::int64_t num_features = 0;  // D
  Activation activation = Activation::kMish;
  std::int64_t simnorm_dim = 8;        // divides D; read for kSimNorm only
  const float* norm_weight = nullptr;  // gamma [E, D]
  const float* norm_bias = nullptr;    // beta [E, D]
  void* stream = nullptr;
};

// Whether this program was built with these kernels. Without them the others must not be called.
bool has_normed_activation_cuda();

// x [E, R, D] -> y [E, R, D], mean and rstd [E, R].
void normed_activation_forward_cuda(const NormedActivationCuda& op, const float* x, float* y,
                                    float* mean, float* rstd);

// As NormedActivationGrad, with [E, R, D] and [E, D]; grad_x may not be grad_y. Sums over rows go
// in a fixed order: the same bits every time. scratch: normed_activation_scratch_cuda() floats.
std::int64_t normed_activation_scratch_cuda(const NormedActivationCuda& op);
void normed_activation_backward_cuda(const NormedActivationCuda& op,
                                     const NormedActivationGrad& grad);

}  // namespace foresight
