// The body of a PolicyKernel; internal linkage, see kernels/simd/vec.h.
#pragma once

#include "kernels/rollout/policy_kernel.h"
#include "kernels/simd/vec_math.h"
#include "kernels/simd/vec_row.h"

namespace foresight {
namespace {

Vec bounded_log_std(const PolicyTile& tile, Vec raw) {
  const Vec low = Vec::set(tile.min_log_std);
  const Vec high = Vec::set(tile.max_log_std);
  if (tile.clamps_log_std) return Vec::at_most(high, Vec::at_least(low, raw));
  const Vec half_range = Vec::set(0.5f * (tile.max_log_std - tile.min_log_std));
  return Vec::fma(half_range, VecMath::tanh(raw) + Vec::set(1.0f), low);
}

void act_tile(const PolicyTile& tile) {
  for (std::int64_t row = 0; row < tile.num_rows; ++row) {
    const float* mean = tile.mean + row * tile.head_stride;
    const float* log_std = tile.log_std + row * tile.head_stride;
    const float* eps = tile.eps ? tile.eps + row * tile.action_dim : nullptr;
    float* action = tile.action + row * tile.action_stride;
    for_vectors(tile.action_dim, [&](std::int64_t i, int n) {
      Vec u = load_n(mean + i, n);
      if (eps != nullptr) {
        const Vec std = VecMath::exp(bounded_log_std(tile, load_n(log_std + i, n)));
        u = Vec::fma(load_n(eps + i, n), std, u);
      }
      store_n(action + i, n, VecMath::tanh(u));
    });
  }
}

}  // namespace
}  // namespace foresight
