// Eight floats. Included through vec.h only; comments in vec_avx512.h.
#pragma once

#include <immintrin.h>

namespace foresight {
namespace {

struct Vec {
  static constexpr int kWidth = 8;
  static constexpr int kNumRegisters = 16;
  static constexpr bool kHasGroup8 = true;
  __m256 v;

  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec set(float x) { return {_mm256_set1_ps(x)}; }
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Vec load_part(const float* p, int n) { return {_mm256_maskload_ps(p, mask(n))}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void store_part(float* p, int n) const { _mm256_maskstore_ps(p, mask(n), v); }

  friend Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static Vec fnma(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
  static Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
  static Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
  static Vec copy_sign(Vec magnitude, Vec sign) {
    return {_mm256_or_ps(abs(magnitude).v, _mm256_and_ps(sign.v, _mm256_set1_ps(-0.0f)))};
  }
  static Vec positive(Vec a) {
    const __m256 mask = _mm256_cmp_ps(a.v, _mm256_setzero_ps(), _CMP_GT_OQ);
    return {_mm256_and_ps(mask, _mm256_set1_ps(1.0f))};
  }
  static Vec round(Vec a) {
    return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  static Vec at_most(Vec limit, Vec x) { return {_mm256_min_ps(limit.v, x.v)}; }
  static Vec at_least(Vec limit, Vec x) { return {_mm256_max_ps(limit.v, x.v)}; }
  static Vec power_of_two(Vec n) {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(biased, 23))};
  }
  static Vec first(int n, Vec x, Vec fill) {
    return {_mm256_blendv_ps(fill.v, x.v, _mm256_castsi256_ps(mask(n)))};
  }
  static float sum(Vec a) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
  }
  static float max(Vec a) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
  }

  static Vec group8_max(Vec a) {
    a.v = _mm256_max_ps(a.v, _mm256_permute2f128_ps(a.v, a.v, 1));
    a.v = _mm256_max_ps(a.v, _mm256_permute_ps(a.v, 0x4E));
    return {_mm256_max_ps(a.v, _mm256_permute_ps(a.v, 0xB1))};
  }
  static Vec group8_sum(Vec a) {
    a.v = _mm256_add_ps(a.v, _mm256_permute2f128_ps(a.v, a.v, 1));
    a.v = _mm256_add_ps(a.v, _mm256_permute_ps(a.v, 0x4E));
    return {_mm256_add_ps(a.v, _mm256_permute_ps(a.v, 0xB1))};
  }

 private:
  static __m256i mask(int n) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), index);
  }
};

}  // namespace
}  // namespace foresight
