// Adam on a piece of memory, one implementation for each CpuLevel. Plain data only: this header is
// included by files compiled for different instruction sets.
#pragma once

#include <cstdint>

namespace foresight {

enum class CpuLevel;

struct AdamPiece {
  std::int64_t size = 0;
  float* parameter = nullptr;
  const float* gradient = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  float gradient_scale = 1.0f;
  float first_weight = 0.0f;   // 1 - beta1
  float second_decay = 0.0f;   // beta2
  float second_weight = 0.0f;  // 1 - beta2
  float root_scale = 0.0f;     // sqrt(1 - beta2^step): the root of the moment is divided by it
  float epsilon = 0.0f;
  float step_size = 0.0f;  // learning rate / (1 - beta1^step)
};

struct AdamKernel {
  void (*update)(const AdamPiece& piece) = nullptr;
  double (*sum_of_squares)(const float* x, std::int64_t size) = nullptr;
  void (*lerp)(float* target, const float* source, std::int64_t size, float rate) = nullptr;
};

extern const AdamKernel kAdamPlain;
extern const AdamKernel kAdamAvx2;
extern const AdamKernel kAdamAvx512;

const AdamKernel& adam_kernel(CpuLevel level);

}  // namespace foresight
