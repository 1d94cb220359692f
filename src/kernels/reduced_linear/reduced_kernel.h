// The matrix product of a tile of rows with weights of few bits: bf16 pairs or int8 fours, one
// 32-bit word of each a lane. Plain data only: this header is included by files compiled for
// different instruction sets.
//
// Inputs are grouped: G = 2 (bf16) or 4 (int8) of them share a word. Weights [N, K] are stored as
// panels of kReducedPanelWidth outputs, groups running slowest inside a panel:
//   panel 0: group 0: word of output 0, of output 1 ... of output W - 1, group 1: ...
// int8, per row r and output n:  x = offset[r] + scale[r] code, code in 0..255,
//                                w = weight_scale[n] code, code in -127..127, so that
//   y = bias[n] + offset[r] weight_sum[n] + scale[r] weight_scale[n] (sum of code products).
#pragma once

#include <cstdint>

#include "kernels/reduced_linear/precision.h"

namespace foresight {

enum class CpuLevel;

constexpr int kReducedPanelWidth = 32;

// Rows in codes, as encode() writes them.
struct CodeRows {
  std::uint32_t* words = nullptr;  // [R, groups], rows `stride` words apart
  std::int64_t stride = 0;
  float* scale = nullptr;   // [R], int8 only
  float* offset = nullptr;  // [R], int8 only
};

struct ReducedTile {
  const std::uint32_t* panels = nullptr;  // [num_panels, num_groups, kReducedPanelWidth]
  std::int64_t num_panels = 0;
  std::int64_t num_groups = 0;
  const float* bias = nullptr;          // [num_panels * kReducedPanelWidth]; so the next two
  const float* weight_scale = nullptr;  // int8 only
  const float* weight_sum = nullptr;  // int8 only: weight_scale times the sum of an output's codes
  CodeRows x;
  std::int64_t num_rows = 0;
  float* y = nullptr;  // [R, num_panels * kReducedPanelWidth], rows y_stride floats apart
  std::int64_t y_stride = 0;
};

// Which weights one panel takes.
struct ReducedPanel {
  const float* weight = nullptr;  // [num_outputs, num_inputs], rows row_stride floats apart
  std::int64_t row_stride = 0;
  std::int64_t num_inputs = 0;
  std::int64_t num_outputs = 0;    // at most kReducedPanelWidth; those beyond become 0
  std::uint32_t* panel = nullptr;  // [groups, kReducedPanelWidth]
  float* scale = nullptr;          // [kReducedPanelWidth], int8 only
  float* sum = nullptr;            // likewise
};

struct ReducedKernel {
  int group = 0;  // inputs in a word
  // x [R, K], rows x_stride floats apart.
  void (*encode)(const float* x, std::int64_t x_stride, std::int64_t num_rows,
                 std::int64_t num_inputs, const CodeRows& codes) = nullptr;
  void (*pack)(const ReducedPanel& panel) = nullptr;
  void (*run)(const ReducedTile& tile) = nullptr;
};

extern const ReducedKernel kReducedBf16Plain;
extern const ReducedKernel kReducedInt8Plain;
extern const ReducedKernel kReducedBf16Avx512;
extern const ReducedKernel kReducedInt8Avx512;

// Null for kFp32. The plain one where the machine has no instruction for it, or `level` forbids it.
const ReducedKernel* reduced_kernel(Precision precision, CpuLevel level);

// True if the machine multiplies in this format with instructions of its own at this level.
bool is_native(Precision precision, CpuLevel level);

}  // namespace foresight
