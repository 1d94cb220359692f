// Half-precision numbers as 16-bit words, for files: IEEE 754 binary16 and bfloat16 (the upper half
// of a float). Rounding is to the nearest, ties to even; NaN stays NaN, overflow becomes infinity.
#pragma once

#include <cstdint>

namespace foresight {

std::uint16_t f32_to_f16(float value);
float f16_to_f32(std::uint16_t bits);

std::uint16_t f32_to_bf16(float value);
float bf16_to_f32(std::uint16_t bits);

}  // namespace foresight
