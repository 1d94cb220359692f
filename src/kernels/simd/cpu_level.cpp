#include "kernels/simd/cpu_level.h"

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/registry.h"

namespace foresight {
namespace {

CpuLevel choose_cpu_level() {
  const std::vector<CpuLevel> available = available_cpu_levels();
  const char* wanted = std::getenv("FORESIGHT_CPU");
  if (wanted == nullptr || *wanted == '\0') return available.back();
  std::string names;
  for (const CpuLevel level : available) {
    if (name_of(level) == wanted) return level;
    names += (names.empty() ? "" : ", ") + std::string(name_of(level));
  }
  fail("FORESIGHT_CPU=\"{}\" cannot be used{}\n  this machine has: {}", wanted,
       did_you_mean(wanted, {"plain", "avx2", "avx512"}), names);
}

}  // namespace

std::vector<CpuLevel> available_cpu_levels() {
  std::vector<CpuLevel> levels{CpuLevel::kPlain};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    levels.push_back(CpuLevel::kAvx2);
    // The set that the *_avx512.cpp files are compiled for (cmake/folders.cmake).
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      levels.push_back(CpuLevel::kAvx512);
    }
  }
#endif
  return levels;
}

CpuLevel cpu_level() {
  static const CpuLevel level = choose_cpu_level();
  return level;
}

std::string_view name_of(CpuLevel level) {
  switch (level) {
    case CpuLevel::kAvx2:
      return "avx2";
    case CpuLevel::kAvx512:
      return "avx512";
    default:
      return "plain";
  }
}

}  // namespace foresight
