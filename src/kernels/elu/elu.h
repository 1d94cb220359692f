// ELU over an array and its gradient, one pass over memory each: y = x above 0, e^x - 1 below.
// Clevert et al. 2016, arXiv:1511.07289, with alpha = 1.
#pragma once

#include <cstdint>

#include "kernels/simd/cpu_level.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {

// x [size], in place.
void elu_forward(float* x, std::int64_t size, CpuLevel level, ThreadTeam& team);
// y, grad_y, grad_x [size]; grad_x may be grad_y. y is the function's value, not its argument.
void elu_backward(const float* y, const float* grad_y, float* grad_x, std::int64_t size,
                  CpuLevel level, ThreadTeam& team);

}  // namespace foresight
