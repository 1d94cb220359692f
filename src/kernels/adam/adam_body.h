// The body of an AdamKernel; internal linkage, see kernels/simd/vec.h.
#pragma once

#include "kernels/adam/adam_kernel.h"
#include "kernels/simd/vec_row.h"

namespace foresight {
namespace {

// The order of operations is torch.optim.Adam's, so that rounding is too.
void update_piece(const AdamPiece& p) {
  for_vectors(p.size, [&](std::int64_t i, int n) {
    const Vec gradient = load_n(p.gradient + i, n) * Vec::set(p.gradient_scale);
    Vec first = load_n(p.first_moment + i, n);
    first = Vec::fma(Vec::set(p.first_weight), gradient - first, first);
    store_n(p.first_moment + i, n, first);
    Vec second = load_n(p.second_moment + i, n) * Vec::set(p.second_decay);
    second = Vec::fma(Vec::set(p.second_weight) * gradient, gradient, second);
    store_n(p.second_moment + i, n, second);
    const Vec root = Vec::sqrt(second) / Vec::set(p.root_scale) + Vec::set(p.epsilon);
    store_n(p.parameter + i, n, load_n(p.parameter + i, n) - Vec::set(p.step_size) * first / root);
  });
}

// Short float sums are gathered in double: a long one would lose digits.
double sum_of_squares_piece(const float* x, std::int64_t size) {
  constexpr std::int64_t kShort = 16 * kWidth;
  double total = 0.0;
  for (std::int64_t begin = 0; begin < size; begin += kShort) {
    Vec sum = Vec::zero();
    for_vectors(size - begin < kShort ? size - begin : kShort, [&](std::int64_t i, int n) {
      const Vec value = load_n(x + begin + i, n);
      sum = Vec::fma(value, value, sum);
    });
    total += static_cast<double>(Vec::sum(sum));
  }
  return total;
}

void lerp_piece(float* target, const float* source, std::int64_t size, float rate) {
  for_vectors(size, [&](std::int64_t i, int n) {
    const Vec old = load_n(target + i, n);
    store_n(target + i, n, Vec::fma(Vec::set(rate), load_n(source + i, n) - old, old));
  });
}

}  // namespace
}  // namespace foresight
