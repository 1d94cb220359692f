// The body of a TwoHotKernel; internal linkage, see kernels/simd/vec.h.
#pragma once

#include "kernels/simd/vec_math.h"
#include "kernels/simd/vec_row.h"
#include "kernels/two_hot/two_hot_kernel.h"

namespace foresight {
namespace {

constexpr float kLowest = -3.4e38f;

float row_max(const float* x, std::int64_t size) {
  Vec largest = Vec::set(kLowest);
  for_vectors(size, [&](std::int64_t i, int n) {
    largest = Vec::at_least(largest, Vec::first(n, load_n(x + i, n), Vec::set(kLowest)));
  });
  return Vec::max(largest);
}

// A row with a NaN gives NaN: the maximum may lose it, the exponentials do not.
float expected_bin(const TwoHotTile& tile, const float* logits) {
  const Vec shift = Vec::set(row_max(logits, tile.num_bins));
  Vec sum = Vec::zero();
  Vec weighted = Vec::zero();
  for_vectors(tile.num_bins, [&](std::int64_t i, int n) {
    const Vec e = Vec::first(n, VecMath::exp(load_n(logits + i, n) - shift), Vec::zero());
    sum = sum + e;
    weighted = Vec::fma(e, load_n(tile.bins + i, n), weighted);
  });
  return Vec::sum(weighted) / Vec::sum(sum);
}

void decode_tile(const TwoHotTile& tile, float* value) {
  for (std::int64_t row = 0; row < tile.num_rows; ++row) {
    value[row] = expected_bin(tile, tile.logits + row * tile.logits_stride);
  }
  for_vectors(tile.num_rows, [&](std::int64_t i, int n) {
    store_n(value + i, n, VecMath::symexp(load_n(value + i, n)));
  });
}

struct TwoBins {
  std::int64_t lower;
  std::int64_t upper;
  float fraction;  // belongs to `upper`
};

TwoBins two_bins(const TwoHotTile& tile, float target) {
  const float vmin = tile.bins[0];
  const float vmax = tile.bins[tile.num_bins - 1];
  const float bin_size = (vmax - vmin) / static_cast<float>(tile.num_bins - 1);
  float y = __builtin_copysignf(__builtin_log1pf(__builtin_fabsf(target)), target);
  y = y < vmin ? vmin : (y > vmax ? vmax : y);
  const float position = (y - vmin) / bin_size;
  if (!(position > 0.0f)) return {0, 1, position};  // the lowest bin, or NaN
  std::int64_t lower = static_cast<std::int64_t>(position);
  if (lower > tile.num_bins - 1) lower = tile.num_bins - 1;
  return {lower, (lower + 1) % tile.num_bins, position - static_cast<float>(lower)};
}

void cross_entropy_tile(const TwoHotLossTile& loss) {
  const TwoHotTile& tile = loss.tile;
  for (std::int64_t row = 0; row < tile.num_rows; ++row) {
    const float* logits = tile.logits + row * tile.logits_stride;
    const TwoBins bins = two_bins(tile, loss.target[row]);
    const float largest = row_max(logits, tile.num_bins);
    const float aimed = (1.0f - bins.fraction) * (logits[bins.lower] - largest) +
                        bins.fraction * (logits[bins.upper] - largest);
    Vec sum = Vec::zero();
    float* grad = loss.grad_logits ? loss.grad_logits + row * tile.num_bins : nullptr;
    for_vectors(tile.num_bins, [&](std::int64_t i, int n) {
      const Vec e = VecMath::exp(load_n(logits + i, n) - Vec::set(largest));
      sum = sum + Vec::first(n, e, Vec::zero());
      if (grad != nullptr) store_n(grad + i, n, e);
    });
    const float total = Vec::sum(sum);
    loss.loss[row] = __builtin_logf(total) - aimed;
    if (grad == nullptr) continue;
    const Vec scale = Vec::set(1.0f / total);
    for_vectors(tile.num_bins,
                [&](std::int64_t i, int n) { store_n(grad + i, n, load_n(grad + i, n) * scale); });
    grad[bins.lower] -= 1.0f - bins.fraction;
    grad[bins.upper] -= bins.fraction;
  }
}

}  // namespace
}  // namespace foresight
