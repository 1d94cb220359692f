#include "cluster/gpu_ranks.h"

#include <algorithm>

#include "cluster/own_library.h"

namespace foresight {
namespace {

using Open = GpuSum* (*)(Ranks&);

}  // namespace

// All or none: one that went through the host while others wait for it on the GPU would hang them.
void GpuRanks::open() {
  is_opened_ = true;
  const OwnLibrary library("libforesight_nccl.so");
  const auto open = reinterpret_cast<Open>(library.find("foresight_open_gpu_sum"));
  const auto have = gather_values(*ranks_, std::uint8_t{open != nullptr});
  if (std::ranges::count(have, 0) == 0) gpu_sum_.reset(open(*ranks_));
}

bool GpuRanks::sum_on_gpu(float* values, std::int64_t count) {
  if (!is_opened_) open();
  if (gpu_sum_ == nullptr) return false;
  gpu_sum_->sum(values, count);
  return true;
}

}  // namespace foresight
