// Seeded random numbers for the kernel tests.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"

namespace foresight {

inline std::vector<float> normal_floats(std::int64_t size, std::uint64_t seed, float scale = 1.0f) {
  Rng rng(seed, "kernel test");
  std::vector<float> values(static_cast<std::size_t>(size));
  rng.fill_normal(values);
  for (float& value : values) value *= scale;
  return values;
}

}  // namespace foresight
