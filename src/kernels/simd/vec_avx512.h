// Sixteen floats. Included through vec.h only.
#pragma once

#include <immintrin.h>

namespace foresight {
namespace {

struct Vec {
  static constexpr int kWidth = 16;
  static constexpr int kNumRegisters = 32;
  static constexpr bool kHasGroup8 = true;
  __m512 v;

  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec set(float x) { return {_mm512_set1_ps(x)}; }
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  // The first n of kWidth entries, 0 < n <= kWidth; the others are 0.
  static Vec load_part(const float* p, int n) { return {_mm512_maskz_loadu_ps(mask(n), p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  void store_part(float* p, int n) const { _mm512_mask_storeu_ps(p, mask(n), v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }    // a b + c
  static Vec fnma(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a b
  static Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
  static Vec abs(Vec a) { return {_mm512_abs_ps(a.v)}; }
  static Vec copy_sign(Vec magnitude, Vec sign) {
    return {_mm512_or_ps(abs(magnitude).v, _mm512_and_ps(sign.v, _mm512_set1_ps(-0.0f)))};
  }
  // 1 where a > 0, otherwise 0.
  static Vec positive(Vec a) {
    return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a.v, _mm512_setzero_ps(), _CMP_GT_OQ),
                                _mm512_set1_ps(1.0f))};
  }
  static Vec round(Vec a) {
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  // The instructions return the second operand if one is NaN: x passes its NaN on.
  static Vec at_most(Vec limit, Vec x) { return {_mm512_min_ps(limit.v, x.v)}; }
  static Vec at_least(Vec limit, Vec x) { return {_mm512_max_ps(limit.v, x.v)}; }
  // 2^n for whole n in [-126, 127].
  static Vec power_of_two(Vec n) {
    const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(biased, 23))};
  }
  // x where i < n, otherwise fill; i the entry's index.
  static Vec first(int n, Vec x, Vec fill) { return {_mm512_mask_blend_ps(mask(n), fill.v, x.v)}; }
  // All entries, in a fixed order.
  static float sum(Vec a) { return _mm512_reduce_add_ps(a.v); }
  static float max(Vec a) { return _mm512_reduce_max_ps(a.v); }

  // Each entry becomes the maximum (sum) of its group of 8 neighbours.
  static Vec group8_max(Vec a) {
    a.v = _mm512_max_ps(a.v, _mm512_shuffle_f32x4(a.v, a.v, 0xB1));
    a.v = _mm512_max_ps(a.v, _mm512_permute_ps(a.v, 0x4E));
    return {_mm512_max_ps(a.v, _mm512_permute_ps(a.v, 0xB1))};
  }
  static Vec group8_sum(Vec a) {
    a.v = _mm512_add_ps(a.v, _mm512_shuffle_f32x4(a.v, a.v, 0xB1));
    a.v = _mm512_add_ps(a.v, _mm512_permute_ps(a.v, 0x4E));
    return {_mm512_add_ps(a.v, _mm512_permute_ps(a.v, 0xB1))};
  }

 private:
  static __mmask16 mask(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
};

}  // namespace
}  // namespace foresight
