// The squashed Gaussian head of the policy on a few rows, one implementation for each CpuLevel.
// Plain data only: this header is included by files compiled for different instruction sets.
#pragma once

#include <cstdint>

namespace foresight {

enum class CpuLevel;

struct PolicyTile {
  std::int64_t num_rows = 0;
  std::int64_t action_dim = 0;
  const float* mean = nullptr;     // [rows, A], rows head_stride floats apart
  const float* log_std = nullptr;  // likewise, raw
  std::int64_t head_stride = 0;
  bool clamps_log_std = false;  // otherwise min + (max - min) (tanh(l) + 1) / 2
  float min_log_std = 0.0f;
  float max_log_std = 0.0f;
  const float* eps = nullptr;  // [rows, A], contiguous; null: tanh(mean)
  float* action = nullptr;     // [rows, A], rows action_stride floats apart
  std::int64_t action_stride = 0;
};

struct PolicyKernel {
  void (*act)(const PolicyTile& tile) = nullptr;
};

extern const PolicyKernel kPolicyPlain;
extern const PolicyKernel kPolicyAvx2;
extern const PolicyKernel kPolicyAvx512;

const PolicyKernel& policy_kernel(CpuLevel level);

}  // namespace foresight
