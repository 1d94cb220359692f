// Four floats in the compiler's own vector type: runs on any machine. Included through vec.h only;
// comments in vec_avx512.h.
#pragma once

namespace foresight {
namespace {

struct Vec {
  static constexpr int kWidth = 4;
  static constexpr int kNumRegisters = 16;
  static constexpr bool kHasGroup8 = false;
  typedef float Native __attribute__((vector_size(16)));
  typedef int Whole __attribute__((vector_size(16)));
  Native v;

  static Vec zero() { return set(0.0f); }
  static Vec set(float x) { return {Native{x, x, x, x}}; }
  static Vec load(const float* p) { return {Native{p[0], p[1], p[2], p[3]}}; }
  static Vec load_part(const float* p, int n) {
    Vec a = zero();
    for (int i = 0; i < n; ++i) a.v[i] = p[i];
    return a;
  }
  void store(float* p) const {
    for (int i = 0; i < kWidth; ++i) p[i] = v[i];
  }
  void store_part(float* p, int n) const {
    for (int i = 0; i < n; ++i) p[i] = v[i];
  }

  friend Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
  friend Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
  friend Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
  friend Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
  static Vec fnma(Vec a, Vec b, Vec c) { return {c.v - a.v * b.v}; }
  static Vec sqrt(Vec a) {
    for (int i = 0; i < kWidth; ++i) a.v[i] = __builtin_sqrtf(a.v[i]);
    return a;
  }
  static Vec abs(Vec a) {
    return {reinterpret_cast<Native>(reinterpret_cast<Whole>(a.v) & ~sign_bit())};
  }
  static Vec copy_sign(Vec magnitude, Vec sign) {
    return {reinterpret_cast<Native>(reinterpret_cast<Whole>(abs(magnitude).v) |
                                     (reinterpret_cast<Whole>(sign.v) & sign_bit()))};
  }
  static Vec positive(Vec a) { return {a.v > zero().v ? set(1.0f).v : zero().v}; }
  // Adding and taking away 1.5 * 2^23 leaves no bits behind the point; for |a| < 2^22.
  static Vec round(Vec a) {
    const Vec shift = set(12582912.0f);
    return (a + shift) - shift;
  }
  static Vec at_most(Vec limit, Vec x) { return {limit.v < x.v ? limit.v : x.v}; }
  static Vec at_least(Vec limit, Vec x) { return {limit.v > x.v ? limit.v : x.v}; }
  static Vec power_of_two(Vec n) {
    // As in round(): the low bits of n + 1.5 * 2^23 are the whole number n.
    const Whole whole = reinterpret_cast<Whole>((n + set(12582912.0f)).v) - 0x4B400000;
    return {reinterpret_cast<Native>((whole + 127) << 23)};
  }
  static Vec first(int n, Vec x, Vec fill) { return {Whole{0, 1, 2, 3} < n ? x.v : fill.v}; }
  static float sum(Vec a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
  static float max(Vec a) {
    const float low = a.v[0] > a.v[1] ? a.v[0] : a.v[1];
    const float high = a.v[2] > a.v[3] ? a.v[2] : a.v[3];
    return low > high ? low : high;
  }

 private:
  static Whole sign_bit() { return Whole{} + static_cast<int>(0x80000000u); }
};

}  // namespace
}  // namespace foresight
