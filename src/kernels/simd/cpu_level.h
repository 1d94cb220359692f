// Which vector instructions the kernels use. Chosen once from what the machine has; the environment
// variable FORESIGHT_CPU=plain|avx2|avx512 asks for one (parity tests force each in turn).
#pragma once

#include <string_view>
#include <vector>

namespace foresight {

enum class CpuLevel { kPlain, kAvx2, kAvx512 };

// The levels this machine can run, kPlain first.
std::vector<CpuLevel> available_cpu_levels();

// The best available level, or the one named by FORESIGHT_CPU. Throws foresight::Error if that one
// is unknown or the machine lacks it. Read once: later changes of the environment are ignored.
CpuLevel cpu_level();

// "plain", "avx2" or "avx512".
std::string_view name_of(CpuLevel level);

}  // namespace foresight
