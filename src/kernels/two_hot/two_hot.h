// Scalars as distributions over bins in symlog space: the loss and its gradient in one pass, and
// the way back. Reference: nicklashansen/tdmpc2@e9f5932, common/math.py, soft_ce and two_hot_inv.
// Axes: R rows, K bins. Bin i stands for vmin + i (vmax - vmin) / (K - 1).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/simd/cpu_level.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {

struct TwoHot {
  std::int64_t num_bins = 101;  // K >= 2
  float vmin = -10.0f;
  float vmax = 10.0f;
  CpuLevel level = cpu_level();
};

// What the bins stand for, [K]: equal steps from vmin to vmax.
std::vector<float> two_hot_bins(std::int64_t num_bins, float vmin, float vmax);

// logits [R, K], target [R] (plain units) -> loss [R] = -sum_i two_hot(target)_i log_softmax_i and
// grad_logits [R, K] = softmax - two_hot(target) (null: not wanted; may be logits itself).
// A target between two bins puts 1 - f on the lower and f on the upper; the upper bin's index wraps
// modulo K, as in the reference.
void two_hot_cross_entropy(const TwoHot& op, std::int64_t num_rows, const float* logits,
                           const float* target, float* loss, float* grad_logits, ThreadTeam& team);

// logits [R, K] -> value [R] = symexp(sum_i softmax_i bin_i).
void two_hot_decode(const TwoHot& op, std::int64_t num_rows, const float* logits, float* value,
                    ThreadTeam& team);

}  // namespace foresight
