#include "kernels/reduced_linear/reduced_kernel.h"

#include "kernels/simd/cpu_level.h"

namespace foresight {

bool is_native(Precision precision, CpuLevel level) {
  if (precision == Precision::kFp32) return true;
#if defined(__x86_64__)
  if (level != CpuLevel::kAvx512) return false;
  return precision == Precision::kInt8 ? __builtin_cpu_supports("avx512vnni") != 0
                                       : __builtin_cpu_supports("avx512bf16") != 0;
#else
  static_cast<void>(level);
  return false;
#endif
}

const ReducedKernel* reduced_kernel(Precision precision, CpuLevel level) {
  if (precision == Precision::kFp32) return nullptr;
  const bool is_int8 = precision == Precision::kInt8;
#if defined(__x86_64__)
  if (is_native(precision, level)) return is_int8 ? &kReducedInt8Avx512 : &kReducedBf16Avx512;
#endif
  return is_int8 ? &kReducedInt8Plain : &kReducedBf16Plain;
}

}  // namespace foresight
