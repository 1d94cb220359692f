// The arrays of a backward pass; see normed_activation.h and normed_activation_cuda.h.
#pragma once

namespace foresight {

struct NormedActivationGrad {
  const float* grad_y = nullptr;
  const float* x = nullptr;
  const float* mean = nullptr;
  const float* rstd = nullptr;
  float* grad_x = nullptr;
  float* grad_norm_weight = nullptr;
  float* grad_norm_bias = nullptr;
  float* scratch = nullptr;
};

}  // namespace foresight
