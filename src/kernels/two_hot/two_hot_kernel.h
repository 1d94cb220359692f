// Softmax over bins of a few rows, one implementation for each CpuLevel. Plain data only: this
// header is included by files compiled for different instruction sets.
#pragma once

#include <cstdint>

namespace foresight {

enum class CpuLevel;

struct TwoHotTile {
  std::int64_t num_rows = 0;
  std::int64_t num_bins = 0;
  const float* bins = nullptr;    // [num_bins] what each stands for, ascending by equal steps
  const float* logits = nullptr;  // [rows, num_bins], rows logits_stride floats apart
  std::int64_t logits_stride = 0;
};

struct TwoHotLossTile {
  TwoHotTile tile;
  const float* target = nullptr;  // [rows]
  float* loss = nullptr;          // [rows]
  float* grad_logits = nullptr;   // [rows, num_bins], contiguous; null: not wanted; may be logits
};

struct TwoHotKernel {
  void (*decode)(const TwoHotTile& tile, float* value) = nullptr;
  void (*cross_entropy)(const TwoHotLossTile& tile) = nullptr;
};

extern const TwoHotKernel kTwoHotPlain;
extern const TwoHotKernel kTwoHotAvx2;
extern const TwoHotKernel kTwoHotAvx512;

const TwoHotKernel& two_hot_kernel(CpuLevel level);

}  // namespace foresight
