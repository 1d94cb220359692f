#include "kernels/reduced_linear/choose_precision.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/packed_linear/packed_linear.h"
#include "kernels/reduced_linear/reduced_linear.h"

namespace foresight {
namespace {

constexpr std::int64_t kRows = 96;
constexpr std::int64_t kWidth = 512;
constexpr int kTrials = 5;
constexpr double kWorthIt = 0.8;

// The best of some trials: whatever else runs on the machine only makes one longer.
template <typename Job>
double best_seconds(const Job& job) {
  double best = 1e9;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto begin = std::chrono::steady_clock::now();
    job();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

struct Layer {
  std::vector<float> weight = std::vector<float>(kWidth * kWidth, 0.01f);
  std::vector<float> bias = std::vector<float>(kWidth, 0.0f);
  std::vector<float> x = std::vector<float>(kRows * kWidth, 0.5f);
  std::vector<float> y = std::vector<float>(kRows * kWidth, 0.0f);
};

double fp32_seconds(Layer& layer, CpuLevel level) {
  PackedLinear linear;
  linear.reserve(kWidth, kWidth, level);
  for (std::int64_t panel = 0; panel < linear.num_panels(); ++panel) {
    linear.pack_panel(panel, layer.weight.data(), layer.bias.data());
  }
  return best_seconds([&] {
    linear.forward({.x = layer.x.data(),
                    .x_stride = kWidth,
                    .num_rows = kRows,
                    .y = layer.y.data(),
                    .y_stride = kWidth});
  });
}

double reduced_seconds(Layer& layer, Precision precision, CpuLevel level) {
  ReducedLinear linear;
  linear.reserve(kWidth, kWidth, precision, level);
  for (std::int64_t panel = 0; panel < linear.num_panels(); ++panel) {
    linear.pack_panel(panel, layer.weight.data(), kWidth, layer.bias.data());
  }
  CodeBuffer codes;
  codes.reserve(kRows, kWidth);
  return best_seconds(
      [&] { linear.forward(layer.x.data(), kWidth, kRows, codes.rows(), layer.y.data(), kWidth); });
}

}  // namespace

Precision choose_precision(CpuLevel level) {
  Precision best = Precision::kFp32;
  if (!is_native(Precision::kBf16, level) && !is_native(Precision::kInt8, level)) return best;
  Layer layer;
  double limit_s = kWorthIt * fp32_seconds(layer, level);
  for (const Precision precision : {Precision::kBf16, Precision::kInt8}) {
    if (!is_native(precision, level)) continue;
    const double seconds = reduced_seconds(layer, precision, level);
    if (seconds > limit_s) continue;
    best = precision;
    limit_s = seconds;
  }
  return best;
}

}  // namespace foresight
