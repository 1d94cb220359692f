// The body of an EluKernel; internal linkage, see kernels/simd/vec.h.
#pragma once

#include "kernels/elu/elu_kernel.h"
#include "kernels/simd/vec_math.h"
#include "kernels/simd/vec_row.h"

namespace foresight {
namespace {

// max(x, 0) + (e^min(x, 0) - 1): no branch.
void forward_piece(float* x, std::int64_t size) {
  const Vec zero = Vec::zero();
  for_vectors(size, [&](std::int64_t i, int n) {
    const Vec value = load_n(x + i, n);
    const Vec below = VecMath::exp(Vec::at_most(zero, value)) - Vec::set(1.0f);
    store_n(x + i, n, Vec::at_least(zero, value) + below);
  });
}

void backward_piece(const float* y, const float* grad_y, float* grad_x, std::int64_t size) {
  for_vectors(size, [&](std::int64_t i, int n) {
    const Vec slope = Vec::at_most(Vec::zero(), load_n(y + i, n)) + Vec::set(1.0f);
    store_n(grad_x + i, n, load_n(grad_y + i, n) * slope);
  });
}

}  // namespace
}  // namespace foresight
