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

// Where the rows of a block lie: one after the other, or interleaved as a row panel.
enum class RowLayout { kRows, kPanel };

// Floats of a cache line: what one prefetch fetches.
constexpr std::int64_t kLineFloats = 16;

struct BlockPlace {
  const float* panel;  // weights
  const float* ahead;  // weights to fetch meanwhile, a line for each input
  std::int64_t column;
  std::int64_t row;
  std::int64_t k_begin;
  std::int64_t k_end;
};

template <int kRows, RowLayout kLayout>
void multiply_block(const LinearTile& tile, const float* x, const BlockPlace& place) {
  Vec sums[kRows][kVecs];
  float* y = tile.y + place.row * tile.y_stride + place.column;
  const bool goes_on = place.k_begin > 0 || tile.start == nullptr;
  for (int r = 0; r < kRows; ++r) {
    const float* start = goes_on ? y + r * tile.y_stride : tile.start + place.column;
#pragma GCC unroll 4
    for (int v = 0; v < kVecs; ++v) sums[r][v] = Vec::load(start + v * Vec::kWidth);
  }
  const float* weights = place.panel + place.k_begin * kPanelWidth;
  const float* ahead = place.ahead;
  for (std::int64_t k = place.k_begin; k < place.k_end; ++k) {
    __builtin_prefetch(ahead, /*rw=*/0, /*locality=*/2);
    ahead += kLineFloats;
    Vec w[kVecs];
#pragma GCC unroll 4
    for (int v = 0; v < kVecs; ++v) w[v] = Vec::load(weights + v * Vec::kWidth);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vec input =
          Vec::set(kLayout == RowLayout::kRows ? x[r * tile.x_stride + k] : x[k * kMaxRows + r]);
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

template <RowLayout kLayout, int kRows = kMaxRows>
void multiply_rows(int num_rows, const LinearTile& tile, const float* x, const BlockPlace& place) {
  if constexpr (kRows > 1) {
    if (num_rows < kRows) return multiply_rows<kLayout, kRows - 1>(num_rows, tile, x, place);
  }
  multiply_block<kRows, kLayout>(tile, x, place);
}

// Rows are shared out evenly, because blocks of few rows leave the multipliers waiting; row panels
// are full but for the last.
template <RowLayout kLayout>
std::int64_t block_begin(std::int64_t num_rows, std::int64_t num_blocks, std::int64_t block) {
  if (kLayout == RowLayout::kRows) return num_rows * block / num_blocks;
  return block < num_blocks ? block * kMaxRows : num_rows;
}

template <RowLayout kLayout>
void run_tile(const LinearTile& tile) {
  const std::int64_t num_blocks = (tile.num_rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t p = 0; p < tile.num_panels; ++p) {
    BlockPlace place{.panel = tile.panels + p * tile.panel_stride, .column = p * kPanelWidth};
    do {
      const std::int64_t rest = tile.num_inputs - place.k_begin;
      // A tail of a few inputs is not worth a pass of its own.
      place.k_end = place.k_begin + (rest < kInputBlock + 64 ? rest : kInputBlock);
      const std::int64_t lines = (place.k_end - place.k_begin) * kPanelWidth / kLineFloats;
      const float* next = place.panel + place.k_end * kPanelWidth;
      for (std::int64_t b = 0; b < num_blocks; ++b) {
        // Larger weights than the second-level cache come from afar: the first blocks of rows fetch
        // those that come next (of the last panel: what lies behind it, which does no harm).
        const std::int64_t line = b * (place.k_end - place.k_begin);
        place.ahead = line < lines ? next + line * kLineFloats : next;
        place.row = block_begin<kLayout>(tile.num_rows, num_blocks, b);
        const std::int64_t row_end = block_begin<kLayout>(tile.num_rows, num_blocks, b + 1);
        const float* x = tile.x + (kLayout == RowLayout::kRows ? place.row : b) * tile.x_stride;
        multiply_rows<kLayout>(static_cast<int>(row_end - place.row), tile, x, place);
      }
      place.k_begin = place.k_end;
    } while (place.k_begin < tile.num_inputs);
  }
}

void run_linear(const LinearTile& tile) { run_tile<RowLayout::kRows>(tile); }
void run_row_panels(const LinearTile& tile) { run_tile<RowLayout::kPanel>(tile); }

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

template <int kPackedWidth>
void copy_columns(const float* matrix, std::int64_t row_stride, std::int64_t num_rows,
                  std::int64_t num_columns, float* panel) {
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const float* from = matrix + row * row_stride;
    float* to = panel + row * kPackedWidth;
    if (num_columns >= kPackedWidth) {
      for (int c = 0; c < kPackedWidth; ++c) to[c] = from[c];
    } else {
      for (int c = 0; c < kPackedWidth; ++c) to[c] = c < num_columns ? from[c] : 0.0f;
    }
  }
}

template <int kPackedWidth>
void sum_rows(const float* panel, std::int64_t num_rows, float* sums) {
  float total[kPackedWidth] = {};
  for (std::int64_t row = 0; row < num_rows; ++row) {
    for (int c = 0; c < kPackedWidth; ++c) total[c] += panel[row * kPackedWidth + c];
  }
  for (int c = 0; c < kPackedWidth; ++c) sums[c] = total[c];
}

void pack_columns(const float* matrix, std::int64_t row_stride, std::int64_t num_rows,
                  std::int64_t num_columns, float* panel) {
  copy_columns<kPanelWidth>(matrix, row_stride, num_rows, num_columns, panel);
}

void pack_row_panel(const float* matrix, std::int64_t row_stride, std::int64_t num_rows,
                    std::int64_t num_columns, float* panel, float* sums) {
  copy_columns<kMaxRows>(matrix, row_stride, num_rows, num_columns, panel);
  if (sums != nullptr) sum_rows<kMaxRows>(panel, num_rows, sums);
}

constexpr LinearKernel kLinearKernel = {.panel_width = kPanelWidth,
                                        .row_panel_width = kMaxRows,
                                        .run = run_linear,
                                        .run_row_panels = run_row_panels,
                                        .pack_panel = pack_panel,
                                        .pack_columns = pack_columns,
                                        .pack_row_panel = pack_row_panel};

}  // namespace
}  // namespace foresight
