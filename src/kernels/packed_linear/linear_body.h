// The body of a LinearKernel; internal linkage, see kernels/simd/vec.h.
#pragma once

#include "kernels/packed_linear/linear_kernel.h"
#include "kernels/simd/vec.h"

namespace foresight {
namespace {

// Sums of kMaxRows rows times kVecs vectors stay in three of four registers.
constexpr int kVecs = 2;
constexpr int kMaxRows = Vec::kNumRegisters * 3 / 4 / kVecs;
constexpr int kPanelWidth = kVecs * Vec::kWidth;
// Inputs worked on at a time: their part of a panel stays in the first-level cache while the rows
// of the tile pass by.
constexpr std::int64_t kInputBlock = 256;

template <int kRows>
void multiply_block(const LinearTile& tile, const float* panel, std::int64_t column,
                    std::int64_t row, std::int64_t k_begin, std::int64_t k_end) {
  Vec sums[kRows][kVecs];
  float* y = tile.y + row * tile.y_stride + column;
  for (int r = 0; r < kRows; ++r) {
    const float* start = k_begin == 0 ? tile.start + column : y + r * tile.y_stride;
#pragma GCC unroll 4
    for (int v = 0; v < kVecs; ++v) sums[r][v] = Vec::load(start + v * Vec::kWidth);
  }
  const float* x = tile.x + row * tile.x_stride;
  const float* weights = panel + k_begin * kPanelWidth;
  for (std::int64_t k = k_begin; k < k_end; ++k) {
    Vec w[kVecs];
#pragma GCC unroll 4
    for (int v = 0; v < kVecs; ++v) w[v] = Vec::load(weights + v * Vec::kWidth);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vec input = Vec::set(x[r * tile.x_stride + k]);
#pragma GCC unroll 4
      for (int v = 0; v < kVecs; ++v) sums[r][v] = Vec::fma(input, w[v], sums[r][v]);
    }
    weights += kPanelWidth;
  }
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVecs; ++v) {
      sums[r][v].store(y + r * tile.y_stride + v * Vec::kWidth);
    }
  }
}

using BlockFunction = void (*)(const LinearTile&, const float*, std::int64_t, std::int64_t,
                               std::int64_t, std::int64_t);

template <int kRows = kMaxRows>
void multiply_rows(int num_rows, const LinearTile& tile, const float* panel, std::int64_t column,
                   std::int64_t row, std::int64_t k_begin, std::int64_t k_end) {
  if constexpr (kRows > 1) {
    if (num_rows < kRows) {
      return multiply_rows<kRows - 1>(num_rows, tile, panel, column, row, k_begin, k_end);
    }
  }
  multiply_block<kRows>(tile, panel, column, row, k_begin, k_end);
}

void run_linear(const LinearTile& tile) {
  // Rows are shared out evenly: blocks of few rows leave the multipliers waiting.
  const std::int64_t num_blocks = (tile.num_rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t p = 0; p < tile.num_panels; ++p) {
    const float* panel = tile.panels + p * tile.panel_stride;
    std::int64_t k_begin = 0;
    do {
      const std::int64_t rest = tile.num_inputs - k_begin;
      // A tail of a few inputs is not worth a pass of its own.
      const std::int64_t k_end = k_begin + (rest < kInputBlock + 64 ? rest : kInputBlock);
      for (std::int64_t b = 0; b < num_blocks; ++b) {
        const std::int64_t row = tile.num_rows * b / num_blocks;
        const std::int64_t row_end = tile.num_rows * (b + 1) / num_blocks;
        multiply_rows(static_cast<int>(row_end - row), tile, panel, p * kPanelWidth, row, k_begin,
                      k_end);
      }
      k_begin = k_end;
    } while (k_begin < tile.num_inputs);
  }
}

void pack_panel(const float* weight, std::int64_t num_inputs, std::int64_t num_outputs,
                float* panel) {
  constexpr std::int64_t kChunk = 16;  // one cache line of a weight row at a time
  for (std::int64_t k0 = 0; k0 < num_inputs; k0 += kChunk) {
    const std::int64_t k1 = k0 + kChunk < num_inputs ? k0 + kChunk : num_inputs;
    for (std::int64_t n = 0; n < num_outputs; ++n) {
      for (std::int64_t k = k0; k < k1; ++k) {
        panel[k * kPanelWidth + n] = weight[n * num_inputs + k];
      }
    }
    for (std::int64_t k = k0; k < k1; ++k) {
      for (std::int64_t n = num_outputs; n < kPanelWidth; ++n) panel[k * kPanelWidth + n] = 0.0f;
    }
  }
}

}  // namespace
}  // namespace foresight
