#include "kernels/two_hot/two_hot.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "kernels/two_hot/two_hot_kernel.h"

namespace foresight {
namespace {

constexpr std::int64_t kRowsPerTask = 64;

}  // namespace

const TwoHotKernel& two_hot_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kAvx512) return kTwoHotAvx512;
  if (level == CpuLevel::kAvx2) return kTwoHotAvx2;
#else
  static_cast<void>(level);
#endif
  return kTwoHotPlain;
}

std::vector<float> two_hot_bins(std::int64_t num_bins, float vmin, float vmax) {
  FS_CHECK(num_bins >= 2, "num_bins is {}", num_bins);
  FS_CHECK(vmin < vmax, "vmin {} is not below vmax {}", vmin, vmax);
  std::vector<float> bins(static_cast<std::size_t>(num_bins));
  const double step = (static_cast<double>(vmax) - vmin) / static_cast<double>(num_bins - 1);
  for (std::int64_t i = 0; i < num_bins; ++i) {
    bins[static_cast<std::size_t>(i)] = static_cast<float>(vmin + step * static_cast<double>(i));
  }
  bins.back() = vmax;
  return bins;
}

void two_hot_cross_entropy(const TwoHot& op, std::int64_t num_rows, const float* logits,
                           const float* target, float* loss, float* grad_logits, ThreadTeam& team) {
  const TwoHotKernel& kernel = two_hot_kernel(op.level);
  const std::vector<float> bins = two_hot_bins(op.num_bins, op.vmin, op.vmax);
  const std::int64_t num_tasks = (num_rows + kRowsPerTask - 1) / kRowsPerTask;
  team.run(num_tasks, [&](std::int64_t task, int) {
    const std::int64_t row = task * kRowsPerTask;
    kernel.cross_entropy({.tile = {.num_rows = std::min(kRowsPerTask, num_rows - row),
                                   .num_bins = op.num_bins,
                                   .bins = bins.data(),
                                   .logits = logits + row * op.num_bins,
                                   .logits_stride = op.num_bins},
                          .target = target + row,
                          .loss = loss + row,
                          .grad_logits = grad_logits ? grad_logits + row * op.num_bins : nullptr});
  });
}

void two_hot_decode(const TwoHot& op, std::int64_t num_rows, const float* logits, float* value,
                    ThreadTeam& team) {
  const TwoHotKernel& kernel = two_hot_kernel(op.level);
  const std::vector<float> bins = two_hot_bins(op.num_bins, op.vmin, op.vmax);
  const std::int64_t num_tasks = (num_rows + kRowsPerTask - 1) / kRowsPerTask;
  team.run(num_tasks, [&](std::int64_t task, int) {
    const std::int64_t row = task * kRowsPerTask;
    kernel.decode({.num_rows = std::min(kRowsPerTask, num_rows - row),
                   .num_bins = op.num_bins,
                   .bins = bins.data(),
                   .logits = logits + row * op.num_bins,
                   .logits_stride = op.num_bins},
                  value + row);
  });
}

}  // namespace foresight
