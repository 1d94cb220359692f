#include "kernels/packed_linear/linear_kernel.h"

#include "kernels/simd/cpu_level.h"

namespace foresight {

const LinearKernel& linear_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kAvx512) return kLinearAvx512;
  if (level == CpuLevel::kAvx2) return kLinearAvx2;
#else
  static_cast<void>(level);
#endif
  return kLinearPlain;
}

}  // namespace foresight
