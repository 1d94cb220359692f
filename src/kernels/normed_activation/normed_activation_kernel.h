// LayerNorm and activation of a few rows, one implementation for each CpuLevel. Plain data only:
// this header is included by files compiled for different instruction sets.
#pragma once

#include <cstdint>

#include "kernels/normed_activation/activation.h"

namespace foresight {

enum class CpuLevel;

struct NormTile {
  std::int64_t num_rows = 0;
  std::int64_t num_features = 0;
  Activation activation = Activation::kNone;
  std::int64_t simnorm_dim = 8;
  const float* norm_weight = nullptr;  // null: no LayerNorm
  const float* norm_bias = nullptr;
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  // Multiplies after the LayerNorm, before the activation; null: no dropout.
  const float* dropout_mask = nullptr;
  std::int64_t mask_stride = 0;
  float* y = nullptr;  // may be x
  std::int64_t y_stride = 0;
  float* mean = nullptr;  // [rows], null: not wanted; so rstd
  float* rstd = nullptr;
};

// The gradient of the same; y, mean and rstd of `forward` are not read, and neither is
// dropout_mask for kSimNorm.
struct NormGradTile {
  NormTile forward;
  const float* mean = nullptr;
  const float* rstd = nullptr;
  const float* grad_y = nullptr;  // [rows, num_features], contiguous
  float* grad_x = nullptr;        // likewise; may be grad_y
  float* grad_weight = nullptr;   // [num_features], added to; unused without LayerNorm
  float* grad_bias = nullptr;
};

struct NormedActivationKernel {
  void (*forward)(const NormTile& tile) = nullptr;
  void (*backward)(const NormGradTile& tile) = nullptr;
};

extern const NormedActivationKernel kNormedActivationPlain;
extern const NormedActivationKernel kNormedActivationAvx2;
extern const NormedActivationKernel kNormedActivationAvx512;

const NormedActivationKernel& normed_activation_kernel(CpuLevel level);

}  // namespace foresight
