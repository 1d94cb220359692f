// The number formats in which a planner may multiply. Plain data only.
#pragma once

namespace foresight {

enum class Precision {
  kFp32,
  kBf16,  // inputs and weights rounded to 8 significant bits, sums in fp32
  kInt8   // inputs in 256 steps a row, weights in 255 steps an output, exact sums
};

constexpr const char* name_of(Precision precision) {
  constexpr const char* kNames[] = {"fp32", "bf16", "int8"};
  return kNames[static_cast<int>(precision)];
}

}  // namespace foresight
