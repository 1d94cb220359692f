// The meaning of the two formats, number by number.
#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/reduced_linear/reduced_kernel.h"

namespace foresight {
namespace {

// --- bf16 ----------------------------------------------------------------------------------------

// To the nearest, ties to even; what is not a number stays none.
std::uint32_t to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return (bits >> 16) | 0x40u;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

float from_bf16(std::uint32_t half) { return std::bit_cast<float>(half << 16); }

std::uint32_t bf16_pair(const float* x, std::int64_t rest) {
  return to_bf16(x[0]) | (rest > 1 ? to_bf16(x[1]) << 16 : 0u);
}

void encode_bf16(const float* x, std::int64_t x_stride, std::int64_t num_rows,
                 std::int64_t num_inputs, const CodeRows& codes) {
  for (std::int64_t r = 0; r < num_rows; ++r) {
    const float* row = x + r * x_stride;
    std::uint32_t* words = codes.words + r * codes.stride;
    for (std::int64_t k = 0; k < num_inputs; k += 2) {
      words[k / 2] = bf16_pair(row + k, num_inputs - k);
    }
  }
}

void pack_bf16(const ReducedPanel& p) {
  for (std::int64_t k = 0; k < p.num_inputs; k += 2) {
    std::uint32_t* words = p.panel + k / 2 * kReducedPanelWidth;
    for (int n = 0; n < kReducedPanelWidth; ++n) {
      const float* row = p.weight + n * p.row_stride + k;
      words[n] = n < p.num_outputs ? bf16_pair(row, p.num_inputs - k) : 0u;
    }
  }
}

void run_bf16(const ReducedTile& tile) {
  const std::int64_t width = tile.num_panels * kReducedPanelWidth;
  for (std::int64_t r = 0; r < tile.num_rows; ++r) {
    const std::uint32_t* x = tile.x.words + r * tile.x.stride;
    for (std::int64_t n = 0; n < width; ++n) {
      const std::uint32_t* w = tile.panels +
                               n / kReducedPanelWidth * tile.num_groups * kReducedPanelWidth +
                               n % kReducedPanelWidth;
      float sum = tile.bias[n];
      for (std::int64_t g = 0; g < tile.num_groups; ++g) {
        const std::uint32_t a = x[g];
        const std::uint32_t b = w[g * kReducedPanelWidth];
        sum += from_bf16(a & 0xffffu) * from_bf16(b & 0xffffu);
        sum += from_bf16(a >> 16) * from_bf16(b >> 16);
      }
      tile.y[r * tile.y_stride + n] = sum;
    }
  }
}

// --- int8 ----------------------------------------------------------------------------------------

void encode_int8(const float* x, std::int64_t x_stride, std::int64_t num_rows,
                 std::int64_t num_inputs, const CodeRows& codes) {
  for (std::int64_t r = 0; r < num_rows; ++r) {
    const float* row = x + r * x_stride;
    std::uint32_t* words = codes.words + r * codes.stride;
    const auto [low, high] = std::minmax_element(row, row + num_inputs);
    const float range = *high - *low;
    // One entry that is no number makes the row's offset none, and so all that follows from it.
    const bool is_finite = std::isfinite(range) && std::all_of(row, row + num_inputs, [](float v) {
                             return std::isfinite(v);
                           });
    codes.offset[r] = is_finite ? *low : std::nanf("");
    codes.scale[r] = is_finite ? range / 255.0f : 0.0f;
    const float inverse = is_finite && range > 0.0f ? 255.0f / range : 0.0f;
    for (std::int64_t k = 0; k < num_inputs; k += 4) {
      std::uint32_t word = 0;
      for (std::int64_t i = 0; i < std::min<std::int64_t>(4, num_inputs - k); ++i) {
        const float step = is_finite ? (row[k + i] - *low) * inverse : 0.0f;
        word |= static_cast<std::uint32_t>(std::clamp(std::lrintf(step), 0l, 255l)) << (8 * i);
      }
      words[k / 4] = word;
    }
  }
}

void pack_int8(const ReducedPanel& p) {
  for (int n = 0; n < kReducedPanelWidth; ++n) {
    float largest = 0.0f;
    const float* row = p.weight + n * p.row_stride;
    const bool is_there = n < p.num_outputs;
    for (std::int64_t k = 0; is_there && k < p.num_inputs; ++k) {
      // Not std::max: what is not a number has to win.
      if (!(std::fabs(row[k]) <= largest)) largest = std::fabs(row[k]);
    }
    const bool is_finite = std::isfinite(largest);
    const float inverse = is_finite && largest > 0.0f ? 127.0f / largest : 0.0f;
    std::int64_t sum = 0;
    for (std::int64_t k = 0; k < p.num_inputs; k += 4) {
      std::uint32_t word = 0;
      for (std::int64_t i = 0; is_there && i < std::min<std::int64_t>(4, p.num_inputs - k); ++i) {
        const long code = is_finite ? std::lrintf(row[k + i] * inverse) : 0;
        sum += code;
        word |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(code)) << (8 * i);
      }
      p.panel[k / 4 * kReducedPanelWidth + n] = word;
    }
    p.scale[n] = is_finite ? largest / 127.0f : std::nanf("");
    p.sum[n] = p.scale[n] * static_cast<float>(sum);
  }
}

std::int32_t dot_int8(std::uint32_t x, std::uint32_t w) {
  std::int32_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum += static_cast<std::int32_t>((x >> (8 * i)) & 0xffu) *
           static_cast<std::int8_t>((w >> (8 * i)) & 0xffu);
  }
  return sum;
}

void run_int8(const ReducedTile& tile) {
  const std::int64_t width = tile.num_panels * kReducedPanelWidth;
  for (std::int64_t r = 0; r < tile.num_rows; ++r) {
    const std::uint32_t* x = tile.x.words + r * tile.x.stride;
    for (std::int64_t n = 0; n < width; ++n) {
      const std::uint32_t* w = tile.panels +
                               n / kReducedPanelWidth * tile.num_groups * kReducedPanelWidth +
                               n % kReducedPanelWidth;
      std::int32_t sum = 0;
      for (std::int64_t g = 0; g < tile.num_groups; ++g) {
        sum += dot_int8(x[g], w[g * kReducedPanelWidth]);
      }
      const float start = std::fma(tile.x.offset[r], tile.weight_sum[n], tile.bias[n]);
      tile.y[r * tile.y_stride + n] =
          std::fma(static_cast<float>(sum), tile.x.scale[r] * tile.weight_scale[n], start);
    }
  }
}

}  // namespace

const ReducedKernel kReducedBf16Plain = {
    .group = 2, .encode = encode_bf16, .pack = pack_bf16, .run = run_bf16};
const ReducedKernel kReducedInt8Plain = {
    .group = 4, .encode = encode_int8, .pack = pack_int8, .run = run_int8};

}  // namespace foresight
