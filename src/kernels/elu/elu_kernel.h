// ELU of a piece of memory, one implementation for each CpuLevel. Plain data only: this header is
// included by files compiled for different instruction sets.
#pragma once

#include <cstdint>

namespace foresight {

enum class CpuLevel;

struct EluKernel {
  // x <- x above 0, e^x - 1 below.
  void (*forward)(float* x, std::int64_t size) = nullptr;
  // grad_x = grad_y times 1 above 0, y + 1 below; grad_x may be grad_y.
  void (*backward)(const float* y, const float* grad_y, float* grad_x, std::int64_t size) = nullptr;
};

extern const EluKernel kEluPlain;
extern const EluKernel kEluAvx2;
extern const EluKernel kEluAvx512;

const EluKernel& elu_kernel(CpuLevel level);

}  // namespace foresight
