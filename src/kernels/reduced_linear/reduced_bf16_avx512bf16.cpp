#if defined(__x86_64__)

#include "kernels/reduced_linear/reduced_body.h"

namespace foresight {
namespace {

struct DotBf16 {
  using Sums = __m512;
  // 256 inputs at a time: their part of a panel stays in the first-level cache while the rows of
  // the tile pass by.
  static constexpr std::int64_t kGroupBlock = 128;

  static float* place(const ReducedTile& tile, const RowBlock& block, int r, int v) {
    return tile.y + (block.row + r) * tile.y_stride + block.panel * kReducedPanelWidth + v * 16;
  }
  static Sums begin(const ReducedTile& tile, const RowBlock& block, int r, int v) {
    if (block.group_begin > 0) return _mm512_loadu_ps(place(tile, block, r, v));
    return _mm512_loadu_ps(tile.bias + block.panel * kReducedPanelWidth + v * 16);
  }
  static Sums add(Sums sums, __m512i x, __m512i w) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(w));
  }
  static void end(const ReducedTile& tile, const RowBlock& block, int r, int v, Sums sums) {
    _mm512_storeu_ps(place(tile, block, r, v), sums);
  }
};

void encode_row(const float* x, std::int64_t size, std::uint16_t* codes) {
  for (std::int64_t i = 0; i < size; i += 16) {
    const __m512 values = _mm512_maskz_loadu_ps(first_lanes(size - i), x + i);
    const auto halves = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values));
    // Whole pairs are written.
    _mm256_mask_storeu_epi16(codes + i, first_lanes((size - i + 1) / 2 * 2), halves);
  }
}

void encode(const float* x, std::int64_t x_stride, std::int64_t num_rows, std::int64_t num_inputs,
            const CodeRows& codes) {
  for (std::int64_t r = 0; r < num_rows; ++r) {
    encode_row(x + r * x_stride, num_inputs,
               reinterpret_cast<std::uint16_t*>(codes.words + r * codes.stride));
  }
}

void run(const ReducedTile& tile) { run_tile<DotBf16>(tile); }

void pack(const ReducedPanel& panel) { kReducedBf16Plain.pack(panel); }

}  // namespace

const ReducedKernel kReducedBf16Avx512 = {.group = 2, .encode = encode, .pack = pack, .run = run};

}  // namespace foresight

#endif
