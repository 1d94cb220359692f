#if defined(__x86_64__)

#include "kernels/reduced_linear/reduced_body.h"

namespace foresight {
namespace {

struct DotInt8 {
  using Sums = __m512i;
  // All inputs at once: the sums are whole numbers and have no place to wait in.
  static constexpr std::int64_t kGroupBlock = 1 << 24;

  static Sums begin(const ReducedTile&, const RowBlock&, int, int) {
    return _mm512_setzero_si512();
  }
  // _mm512_dpbusd_epi32(), with which GCC 12 copies and spills every sum.
  static Sums add(Sums sums, __m512i x, __m512i w) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(x), "v"(w));
    return sums;
  }
  static void end(const ReducedTile& tile, const RowBlock& block, int r, int v, Sums sums) {
    const std::int64_t row = block.row + r;
    const std::int64_t n = block.panel * kReducedPanelWidth + v * 16;
    const __m512 start =
        _mm512_fmadd_ps(_mm512_set1_ps(tile.x.offset[row]), _mm512_loadu_ps(tile.weight_sum + n),
                        _mm512_loadu_ps(tile.bias + n));
    const __m512 scale =
        _mm512_mul_ps(_mm512_set1_ps(tile.x.scale[row]), _mm512_loadu_ps(tile.weight_scale + n));
    _mm512_storeu_ps(tile.y + row * tile.y_stride + n,
                     _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scale, start));
  }
};

// Like the plain one: the smallest and the largest of a row, a row with a number that is none
// gives a range that is none.
struct Range {
  float low;
  float high;
};
Range range_of(const float* x, std::int64_t size) {
  const __m512 first = _mm512_set1_ps(x[0]);
  __m512 low = first;
  __m512 high = first;
  __mmask16 is_nan = 0;
  for (std::int64_t i = 0; i < size; i += 16) {
    const __m512 value = _mm512_mask_loadu_ps(first, first_lanes(size - i), x + i);
    is_nan |= _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    low = _mm512_min_ps(low, value);
    high = _mm512_max_ps(high, value);
  }
  if (is_nan != 0) return {0.0f, __builtin_nanf("")};
  return {_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high)};
}

void encode_row(const float* x, std::int64_t size, float low, float inverse, std::uint8_t* codes) {
  const __m512 offset = _mm512_set1_ps(low);
  const __m512 factor = _mm512_set1_ps(inverse);
  for (std::int64_t i = 0; i < size; i += 16) {
    const __mmask16 lanes = first_lanes(size - i);
    const __m512 step =
        _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, x + i), offset), factor);
    const __m512i code = _mm512_maskz_cvtps_epi32(lanes, step);
    // Whole groups are written: the codes beyond the last input are 0.
    const std::int64_t bytes = (size - i + 3) / 4 * 4;
    _mm_mask_storeu_epi8(codes + i, first_lanes(bytes), _mm512_cvtusepi32_epi8(code));
  }
}

void encode(const float* x, std::int64_t x_stride, std::int64_t num_rows, std::int64_t num_inputs,
            const CodeRows& codes) {
  for (std::int64_t r = 0; r < num_rows; ++r) {
    const float* row = x + r * x_stride;
    const Range range = range_of(row, num_inputs);
    const float width = range.high - range.low;
    const bool is_finite = __builtin_isfinite(width);
    const float low = is_finite ? range.low : 0.0f;
    codes.offset[r] = is_finite ? low : __builtin_nanf("");
    codes.scale[r] = is_finite ? width / 255.0f : 0.0f;
    const float inverse = is_finite && width > 0.0f ? 255.0f / width : 0.0f;
    auto* bytes = reinterpret_cast<std::uint8_t*>(codes.words + r * codes.stride);
    if (is_finite) {
      encode_row(row, num_inputs, low, inverse, bytes);
    } else {
      __builtin_memset(bytes, 0, static_cast<std::size_t>((num_inputs + 3) / 4 * 4));
    }
  }
}

void run(const ReducedTile& tile) { run_tile<DotInt8>(tile); }

void pack(const ReducedPanel& panel) { kReducedInt8Plain.pack(panel); }

}  // namespace

const ReducedKernel kReducedInt8Avx512 = {.group = 4, .encode = encode, .pack = pack, .run = run};

}  // namespace foresight

#endif
