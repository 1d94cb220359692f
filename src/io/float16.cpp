#include "io/float16.h"

#include <bit>
#include <cmath>

namespace foresight {
namespace {

constexpr std::uint16_t kInfinity16 = 0x7C00;
constexpr std::uint16_t kNan16 = 0x7E00;

// word >> shift, rounded to the nearest, ties to even; shift is in [1, 31].
std::uint32_t shift_and_round(std::uint32_t word, int shift) {
  const std::uint32_t kept = word >> shift;
  const std::uint32_t lost = word & ((1u << shift) - 1u);
  const std::uint32_t half = 1u << (shift - 1);
  const bool up = lost > half || (lost == half && (kept & 1u) != 0);
  return kept + (up ? 1u : 0u);
}

}  // namespace

std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | kNan16);
  const int exponent = static_cast<int>((bits >> 23) & 0xFFu) - 127;
  const std::uint32_t mantissa = bits & 0x7FFFFFu;

  if (exponent > 15) return static_cast<std::uint16_t>(sign | kInfinity16);
  if (exponent >= -14) {
    // Rounding may carry into the exponent, up to infinity: that is what it should do.
    const auto biased = static_cast<std::uint32_t>(exponent + 15) << 23;
    return static_cast<std::uint16_t>(sign | shift_and_round(biased | mantissa, 13));
  }
  if (exponent < -25) return sign;
  // Subnormal: multiples of 2^-24, so shift the mantissa with its leading one.
  return static_cast<std::uint16_t>(sign | shift_and_round(mantissa | 0x800000u, -1 - exponent));
}

float f16_to_f32(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
  const std::uint32_t mantissa = bits & 0x3FFu;
  if (exponent == 0x1F) {
    return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  }
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

std::uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>(shift_and_round(bits, 16));
}

float bf16_to_f32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace foresight
