// Linear layers for training, forward and backward, through the kernel of kernels/packed_linear:
//   y = x W^T + b,   dL/dx = dL/dy W,   dL/dW = (dL/dy)^T x,   dL/db = the sum of dL/dy over rows.
// Weights change with every update, so they are packed at every call; that is a few percent.
// Axes: E members with weights of their own, R rows, K inputs, N outputs. Row-major.
#pragma once

#include <cstdint>

#include "kernels/linear_training/linear_workspace.h"
#include "kernels/simd/cpu_level.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {

struct LinearShape {
  std::int64_t num_members = 1;  // E
  std::int64_t num_rows = 0;     // R
  std::int64_t num_inputs = 0;   // K
  std::int64_t num_outputs = 0;  // N
  CpuLevel level = cpu_level();
};

// [E, R, width], each row contiguous; strides in floats.
struct MemberRows {
  const float* data = nullptr;
  std::int64_t row_stride = 0;
  std::int64_t member_stride = 0;  // 0: all members share one [R, width]
};

// weight [E, N, K] and bias [E, N] -> y [E, R, N], all contiguous. Both directions give the same
// bits for any number of threads; one caller at a time for each workspace.
void linear_forward(const LinearShape& shape, const MemberRows& x, const float* weight,
                    const float* bias, float* y, LinearWorkspace& workspace, ThreadTeam& team);

// Results are overwritten, contiguous, and null where they are not wanted.
struct LinearGrad {
  MemberRows grad_y;              // [E, R, N]
  MemberRows x;                   // [E, R, K]; read for grad_weight only
  const float* weight = nullptr;  // [E, N, K]; read for grad_x only
  bool sums_members = false;      // all members read the same x: grad_x is the sum of theirs
  float* grad_x = nullptr;        // [E, R, K], or [R, K] where sums_members
  float* grad_weight = nullptr;   // [E, N, K]
  float* grad_bias = nullptr;     // [E, N]; only together with grad_weight
};
void linear_backward(const LinearShape& shape, const LinearGrad& grad, LinearWorkspace& workspace,
                     ThreadTeam& team);

}  // namespace foresight
