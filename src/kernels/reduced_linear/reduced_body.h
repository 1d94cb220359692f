// Tiles of rows times panels of 32-bit words, written over a Dot: how one word of inputs times
// sixteen words of weights is added to sixteen sums. Internal linkage; included by the AVX-512
// files of this folder only, which include nothing else that other files share.
#pragma once

#include <immintrin.h>

#include "kernels/reduced_linear/reduced_kernel.h"

namespace foresight {
namespace {

// 12 rows times two vectors of sums stay in 24 of the 32 registers.
constexpr int kMaxRows = 12;
constexpr int kVecs = kReducedPanelWidth / 16;

struct RowBlock {
  std::int64_t row;
  std::int64_t panel;
  std::int64_t group_begin;
  std::int64_t group_end;
};

template <typename Dot, int kRows>
void multiply_block(const ReducedTile& tile, const RowBlock& block) {
  // Every loop over the sums is unrolled, or they would live in memory.
  typename Dot::Sums sums[kRows][kVecs];
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) sums[r][v] = Dot::begin(tile, block, r, v);
  }
  const std::uint32_t* weights =
      tile.panels + (block.panel * tile.num_groups + block.group_begin) * kReducedPanelWidth;
  const std::uint32_t* x = tile.x.words + block.row * tile.x.stride;
  for (std::int64_t g = block.group_begin; g < block.group_end; ++g) {
    __m512i w[kVecs];
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) w[v] = _mm512_loadu_si512(weights + v * 16);
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const __m512i input = _mm512_set1_epi32(static_cast<int>(x[r * tile.x.stride + g]));
#pragma GCC unroll 2
      for (int v = 0; v < kVecs; ++v) sums[r][v] = Dot::add(sums[r][v], input, w[v]);
    }
    weights += kReducedPanelWidth;
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVecs; ++v) Dot::end(tile, block, r, v, sums[r][v]);
  }
}

template <typename Dot, int kRows = kMaxRows>
void multiply_rows(std::int64_t num_rows, const ReducedTile& tile, const RowBlock& block) {
  if constexpr (kRows > 1) {
    if (num_rows < kRows) return multiply_rows<Dot, kRows - 1>(num_rows, tile, block);
  }
  multiply_block<Dot, kRows>(tile, block);
}

template <typename Dot>
void run_tile(const ReducedTile& tile) {
  const std::int64_t num_blocks = (tile.num_rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t p = 0; p < tile.num_panels; ++p) {
    for (std::int64_t begin = 0; begin < tile.num_groups; begin += Dot::kGroupBlock) {
      const std::int64_t end =
          begin + Dot::kGroupBlock < tile.num_groups ? begin + Dot::kGroupBlock : tile.num_groups;
      for (std::int64_t b = 0; b < num_blocks; ++b) {
        const std::int64_t row = tile.num_rows * b / num_blocks;
        const std::int64_t row_end = tile.num_rows * (b + 1) / num_blocks;
        multiply_rows<Dot>(row_end - row, tile, {row, p, begin, end});
      }
    }
  }
}

__mmask16 first_lanes(std::int64_t n) {
  return n >= 16 ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << n) - 1u);
}

}  // namespace
}  // namespace foresight
