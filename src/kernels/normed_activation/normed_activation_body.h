// The body of a NormedActivationKernel; internal linkage, see kernels/simd/vec.h.
#pragma once

#include "kernels/normed_activation/normed_activation_kernel.h"
#include "kernels/simd/vec_math.h"
#include "kernels/simd/vec_row.h"

namespace foresight {
namespace {

constexpr float kNormEpsilon = 1e-5f;

struct Moments {
  float mean;
  float rstd;
};

// Four sums side by side hide the latency of the additions. Deviations are squared after the mean
// is known: a difference of large squares would lose digits.
Moments row_moments(const float* x, std::int64_t size) {
  const std::int64_t even = size / (4 * kWidth) * (4 * kWidth);
  Vec sums[4] = {Vec::zero(), Vec::zero(), Vec::zero(), Vec::zero()};
  for (std::int64_t i = 0; i < even; i += 4 * kWidth) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) sums[j] = sums[j] + Vec::load(x + i + j * kWidth);
  }
  for_vectors(size - even,
              [&](std::int64_t i, int n) { sums[0] = sums[0] + load_n(x + even + i, n); });
  const float inverse_size = 1.0f / static_cast<float>(size);
  const float mean = Vec::sum((sums[0] + sums[1]) + (sums[2] + sums[3])) * inverse_size;

  const Vec center = Vec::set(mean);
  Vec squares[4] = {Vec::zero(), Vec::zero(), Vec::zero(), Vec::zero()};
  for (std::int64_t i = 0; i < even; i += 4 * kWidth) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const Vec deviation = Vec::load(x + i + j * kWidth) - center;
      squares[j] = Vec::fma(deviation, deviation, squares[j]);
    }
  }
  for_vectors(size - even, [&](std::int64_t i, int n) {
    const Vec deviation = Vec::first(n, load_n(x + even + i, n) - center, Vec::zero());
    squares[0] = Vec::fma(deviation, deviation, squares[0]);
  });
  const float variance =
      Vec::sum((squares[0] + squares[1]) + (squares[2] + squares[3])) * inverse_size;
  return {mean, 1.0f / __builtin_sqrtf(variance + kNormEpsilon)};
}

struct None {
  static Vec value(Vec u) { return u; }
  static Vec slope(Vec) { return Vec::set(1.0f); }
};
struct Mish {
  static Vec value(Vec u) { return VecMath::mish(u); }
  static Vec slope(Vec u) { return VecMath::mish_slope(u); }
};
struct Relu {
  static Vec value(Vec u) { return Vec::at_least(Vec::zero(), u); }
  static Vec slope(Vec u) { return Vec::positive(u); }
};
// Softmax inside each group of 8 neighbours, which never straddle two vectors.
template <typename V>
struct SimNorm8 {
  static V value(V u) {
    const V e = VecMath::exp(u - V::group8_max(u));
    return e / V::group8_sum(e);
  }
};

// Softmax of `size` neighbours, in place.
void softmax(float* u, std::int64_t size) {
  float largest = u[0];
  for (std::int64_t i = 1; i < size; ++i) largest = u[i] > largest ? u[i] : largest;
  Vec sums = Vec::zero();
  for_vectors(size, [&](std::int64_t i, int n) {
    const Vec e = Vec::first(n, VecMath::exp(load_n(u + i, n) - Vec::set(largest)), Vec::zero());
    sums = sums + e;
    store_n(u + i, n, e);
  });
  const Vec scale = Vec::set(1.0f / Vec::sum(sums));
  for_vectors(size, [&](std::int64_t i, int n) { store_n(u + i, n, load_n(u + i, n) * scale); });
}

template <typename Act>
void forward_row(const NormTile& tile, std::int64_t row) {
  const float* x = tile.x + row * tile.x_stride;
  float* y = tile.y + row * tile.y_stride;
  if (tile.norm_weight == nullptr) {
    for_vectors(tile.num_features,
                [&](std::int64_t i, int n) { store_n(y + i, n, Act::value(load_n(x + i, n))); });
    return;
  }
  const Moments moments = row_moments(x, tile.num_features);
  if (tile.mean != nullptr) tile.mean[row] = moments.mean;
  if (tile.rstd != nullptr) tile.rstd[row] = moments.rstd;
  const Vec mean = Vec::set(moments.mean);
  const Vec rstd = Vec::set(moments.rstd);
  const auto normed = [&](std::int64_t i, int n) {
    return Vec::fma((load_n(x + i, n) - mean) * rstd, load_n(tile.norm_weight + i, n),
                    load_n(tile.norm_bias + i, n));
  };
  if (tile.dropout_mask == nullptr) {
    for_vectors(tile.num_features,
                [&](std::int64_t i, int n) { store_n(y + i, n, Act::value(normed(i, n))); });
    return;
  }
  const float* mask = tile.dropout_mask + row * tile.mask_stride;
  for_vectors(tile.num_features, [&](std::int64_t i, int n) {
    store_n(y + i, n, Act::value(normed(i, n) * load_n(mask + i, n)));
  });
}

template <typename Act>
void forward_rows(const NormTile& tile) {
  for (std::int64_t row = 0; row < tile.num_rows; ++row) forward_row<Act>(tile, row);
}

void forward_any_simnorm(const NormTile& tile) {
  for (std::int64_t row = 0; row < tile.num_rows; ++row) {
    forward_row<None>(tile, row);
    float* y = tile.y + row * tile.y_stride;
    for (std::int64_t i = 0; i < tile.num_features; i += tile.simnorm_dim) {
      softmax(y + i, tile.simnorm_dim);
    }
  }
}

template <typename V = Vec>
void forward_tile(const NormTile& tile) {
  switch (tile.activation) {
    case Activation::kNone:
      return forward_rows<None>(tile);
    case Activation::kMish:
      return forward_rows<Mish>(tile);
    case Activation::kRelu:
      return forward_rows<Relu>(tile);
    case Activation::kSimNorm:
      if constexpr (V::kHasGroup8) {
        if (tile.simnorm_dim == 8) return forward_rows<SimNorm8<V>>(tile);
      }
      return forward_any_simnorm(tile);
  }
}

// The backward pass of one row in two sweeps: gradients of the normalised inputs with their two
// means, then grad_x.
struct GradRow {
  const NormGradTile& tile;
  std::int64_t row;
  const float* x = tile.forward.x + row * tile.forward.x_stride;
  const float* grad_y = tile.grad_y + row * tile.forward.num_features;
  float* grad_x = tile.grad_x + row * tile.forward.num_features;
  bool has_norm = tile.forward.norm_weight != nullptr;
  Vec mean = Vec::set(has_norm ? tile.mean[row] : 0.0f);
  Vec rstd = Vec::set(has_norm ? tile.rstd[row] : 1.0f);
  Vec sum = Vec::zero();        // of grad_normed
  Vec sum_times = Vec::zero();  // of grad_normed * normed

  // Entries beyond n are no numbers of the row; their sums are left out by take().
  Vec normed(std::int64_t i, int n) const { return (load_n(x + i, n) - mean) * rstd; }

  // What the activation was given.
  Vec activation_input(Vec normed, std::int64_t i, int n) const {
    if (!has_norm) return normed;
    return Vec::fma(normed, load_n(tile.forward.norm_weight + i, n),
                    load_n(tile.forward.norm_bias + i, n));
  }

  // grad_u: gradient of what the activation was given.
  void take(std::int64_t i, int n, Vec grad_u, Vec normed) {
    if (has_norm) {
      store_n(tile.grad_weight + i, n, Vec::fma(grad_u, normed, load_n(tile.grad_weight + i, n)));
      store_n(tile.grad_bias + i, n, load_n(tile.grad_bias + i, n) + grad_u);
      grad_u = Vec::first(n, grad_u * load_n(tile.forward.norm_weight + i, n), Vec::zero());
      sum = sum + grad_u;
      sum_times = Vec::fma(grad_u, normed, sum_times);
    }
    store_n(grad_x + i, n, grad_u);
  }

  void finish() {
    if (!has_norm) return;
    const float inverse_size = 1.0f / static_cast<float>(tile.forward.num_features);
    const Vec mean_grad = Vec::set(Vec::sum(sum) * inverse_size);
    const Vec mean_times = Vec::set(Vec::sum(sum_times) * inverse_size);
    for_vectors(tile.forward.num_features, [&](std::int64_t i, int n) {
      const Vec centered = load_n(grad_x + i, n) - mean_grad;
      store_n(grad_x + i, n, Vec::fnma(normed(i, n), mean_times, centered) * rstd);
    });
  }
};

template <typename Act>
void backward_rows(const NormGradTile& tile) {
  const float* mask = tile.forward.dropout_mask;
  for (std::int64_t r = 0; r < tile.forward.num_rows; ++r) {
    GradRow row{tile, r};
    for_vectors(tile.forward.num_features, [&](std::int64_t i, int n) {
      const Vec normed = row.normed(i, n);
      Vec u = row.activation_input(normed, i, n);
      Vec grad_y = load_n(row.grad_y + i, n);
      if (mask != nullptr) {
        const Vec kept = load_n(mask + r * tile.forward.mask_stride + i, n);
        u = u * kept;
        grad_y = grad_y * kept;
      }
      row.take(i, n, grad_y * Act::slope(u), normed);
    });
    row.finish();
  }
}

// grad_u = y (grad_y - sum over the group of grad_y y).
template <typename V>
void backward_simnorm8(const NormGradTile& tile) {
  for (std::int64_t r = 0; r < tile.forward.num_rows; ++r) {
    GradRow row{tile, r};
    for_vectors(tile.forward.num_features, [&](std::int64_t i, int n) {
      const V normed = row.normed(i, n);
      const V y = SimNorm8<V>::value(row.activation_input(normed, i, n));
      const V grad_y = load_n(row.grad_y + i, n);
      row.take(i, n, y * (grad_y - V::group8_sum(grad_y * y)), normed);
    });
    row.finish();
  }
}

void backward_any_simnorm(const NormGradTile& tile) {
  const std::int64_t dim = tile.forward.simnorm_dim;
  for (std::int64_t r = 0; r < tile.forward.num_rows; ++r) {
    GradRow row{tile, r};
    for (std::int64_t g = 0; g < tile.forward.num_features; g += dim) {
      // The group's maximum, then the sum of exponentials, then the weighted mean of grad_y.
      Vec largest = Vec::set(-3.4e38f);
      for_vectors(dim, [&](std::int64_t i, int n) {
        const Vec u = row.activation_input(row.normed(g + i, n), g + i, n);
        largest = Vec::at_least(largest, Vec::first(n, u, Vec::set(-3.4e38f)));
      });
      const Vec shift = Vec::set(Vec::max(largest));
      Vec sum = Vec::zero();
      Vec weighted = Vec::zero();
      for_vectors(dim, [&](std::int64_t i, int n) {
        const Vec u = row.activation_input(row.normed(g + i, n), g + i, n);
        const Vec e = Vec::first(n, VecMath::exp(u - shift), Vec::zero());
        sum = sum + e;
        weighted = Vec::fma(e, load_n(row.grad_y + g + i, n), weighted);
      });
      const float inverse = 1.0f / Vec::sum(sum);
      const Vec scale = Vec::set(inverse);
      const Vec mean_grad = Vec::set(Vec::sum(weighted) * inverse);
      for_vectors(dim, [&](std::int64_t i, int n) {
        const Vec normed = row.normed(g + i, n);
        const Vec y = VecMath::exp(row.activation_input(normed, g + i, n) - shift) * scale;
        row.take(g + i, n, y * (load_n(row.grad_y + g + i, n) - mean_grad), normed);
      });
    }
    row.finish();
  }
}

template <typename V = Vec>
void backward_tile(const NormGradTile& tile) {
  switch (tile.forward.activation) {
    case Activation::kNone:
      return backward_rows<None>(tile);
    case Activation::kMish:
      return backward_rows<Mish>(tile);
    case Activation::kRelu:
      return backward_rows<Relu>(tile);
    case Activation::kSimNorm:
      if constexpr (V::kHasGroup8) {
        if (tile.forward.simnorm_dim == 8) return backward_simnorm8<V>(tile);
      }
      return backward_any_simnorm(tile);
  }
}

}  // namespace
}  // namespace foresight
