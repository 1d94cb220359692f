// What normed_activation_cuda.cu gives to normed_activation_cuda.cpp. Plain data only: nvcc reads
// neither fmt nor threads.
#pragma once

#include "kernels/normed_activation/normed_activation_cuda.h"

namespace foresight {

// Floats of scratch for a backward pass.
std::int64_t scratch_of_launch(const NormedActivationCuda& op);
// Each puts its work on the stream; null, or what went wrong.
const char* launch_forward(const NormedActivationCuda& op, const float* x, float* y, float* mean,
                           float* rstd);
const char* launch_backward(const NormedActivationCuda& op, const NormedActivationGrad& grad);

}  // namespace foresight
