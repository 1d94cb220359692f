// One pass over all parameters of an optimiser: gradient clipping, Adam, and the slow copy of a
// target network. Formulas: Kingma and Ba, arXiv:1412.6980, with epsilon outside of the root as in
// torch.optim.Adam; torch.nn.utils.clip_grad_norm_; nicklashansen/tdmpc2@e9f5932, soft_update.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/simd/cpu_level.h"
#include "kernels/thread_team/thread_team.h"

namespace foresight {

// One tensor of an optimiser; arrays of `size` numbers.
struct AdamSegment {
  float* parameter = nullptr;
  const float* gradient = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  std::int64_t size = 0;
  float learning_rate = 3e-4f;
};

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::int64_t step = 1;        // this update's number, from 1
  float gradient_scale = 1.0f;  // every gradient is multiplied by it first: the clip factor
  CpuLevel level = cpu_level();
};

// Sum of the squares of all gradients, in double, in a fixed order: the same bits for any number
// of threads.
double sum_of_squares(std::span<const AdamSegment> segments, CpuLevel level, ThreadTeam& team);

// min(1, max_norm / (norm + 1e-6)).
float clip_factor(double norm, double max_norm);

void adam_step(std::span<const AdamSegment> segments, const AdamOptions& options, ThreadTeam& team);

// target += rate * (source - target).
struct LerpSegment {
  float* target = nullptr;
  const float* source = nullptr;
  std::int64_t size = 0;
};
void lerp_towards(std::span<const LerpSegment> segments, float rate, CpuLevel level,
                  ThreadTeam& team);

}  // namespace foresight
