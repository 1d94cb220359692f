#include "kernels/packed_linear/packed_linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/random_floats.h"

namespace foresight {
namespace {

struct Sizes {
  std::int64_t num_rows, num_inputs, num_outputs;
};

constexpr Sizes kSizes[] = {{1, 1, 1},    {1, 8, 2},     {3, 9, 17},    {12, 31, 32},
                            {13, 33, 33}, {25, 64, 101}, {64, 320, 96}, {29, 700, 40}};

class PackedLinearTest : public testing::TestWithParam<CpuLevel> {};

PackedLinear packed(const std::vector<float>& weight, const std::vector<float>& bias, Sizes sizes,
                    CpuLevel level) {
  PackedLinear linear;
  linear.reserve(sizes.num_inputs, sizes.num_outputs, level);
  for (std::int64_t panel = 0; panel < linear.num_panels(); ++panel) {
    linear.pack_panel(panel, weight.data(), bias.data());
  }
  return linear;
}

TEST_P(PackedLinearTest, EqualsAPlainProductForOddSizes) {
  for (const Sizes sizes : kSizes) {
    const auto weight = normal_floats(sizes.num_outputs * sizes.num_inputs, 1);
    const auto bias = normal_floats(sizes.num_outputs, 2);
    const std::int64_t x_stride = sizes.num_inputs + 3;
    const auto x = normal_floats(sizes.num_rows * x_stride, 3);
    const PackedLinear linear = packed(weight, bias, sizes, GetParam());
    const std::int64_t y_stride = linear.padded_outputs() + 5;
    std::vector<float> y(static_cast<std::size_t>(sizes.num_rows * y_stride), 77.0f);
    linear.forward({x.data(), x_stride, sizes.num_rows, y.data(), y_stride});
    for (std::int64_t r = 0; r < sizes.num_rows; ++r) {
      for (std::int64_t n = 0; n < y_stride; ++n) {
        double expected = n < sizes.num_outputs ? bias[n] : 0.0;
        double magnitude = std::abs(expected);
        for (std::int64_t k = 0; n < sizes.num_outputs && k < sizes.num_inputs; ++k) {
          const double term = double{weight[n * sizes.num_inputs + k]} * x[r * x_stride + k];
          expected += term;
          magnitude += std::abs(term);
        }
        if (n >= linear.padded_outputs()) expected = 77.0;  // nothing is written past the panels
        // Each of K steps rounds the sum so far, which wanders like a random walk, by 6e-8 of it.
        ASSERT_NEAR(y[r * y_stride + n], expected, 4e-7 * (1.0 + magnitude))
            << "row " << r << " output " << n;
      }
    }
  }
}

TEST_P(PackedLinearTest, FirstAndLastInputsTogetherGiveTheSameBits) {
  for (const Sizes sizes : kSizes) {
    if (sizes.num_inputs < 9) continue;
    const auto weight = normal_floats(sizes.num_outputs * sizes.num_inputs, 4);
    const auto bias = normal_floats(sizes.num_outputs, 5);
    const auto x = normal_floats(sizes.num_rows * sizes.num_inputs, 6);
    const PackedLinear linear = packed(weight, bias, sizes, GetParam());
    const std::int64_t width = linear.padded_outputs();
    std::vector<float> whole(static_cast<std::size_t>(sizes.num_rows * width));
    std::vector<float> start(static_cast<std::size_t>(width));
    std::vector<float> row(static_cast<std::size_t>(width));
    linear.forward({x.data(), sizes.num_inputs, sizes.num_rows, whole.data(), width});
    for (std::int64_t r = 0; r < sizes.num_rows; ++r) {
      const float* x_row = x.data() + r * sizes.num_inputs;
      linear.forward_first_inputs({x_row, sizes.num_inputs, 1, start.data(), width},
                                  sizes.num_inputs - 5);
      linear.forward_last_inputs({x_row + sizes.num_inputs - 5, 5, 1, row.data(), width}, 5,
                                 start.data());
      for (std::int64_t n = 0; n < width; ++n) {
        ASSERT_EQ(row[static_cast<std::size_t>(n)], whole[static_cast<std::size_t>(r * width + n)]);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllLevels, PackedLinearTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight
