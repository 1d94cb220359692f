#include "kernels/reduced_linear/reduced_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/random_floats.h"
#include "kernels/reduced_linear/choose_precision.h"

namespace foresight {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Case {
  std::int64_t num_rows, num_inputs, num_outputs;
};

class ReducedLinearTest : public testing::TestWithParam<Precision> {
 protected:
  // y [R, N] of random weights with spare inputs behind each row, as in a layer that reads [z, a].
  std::vector<float> product(const Case& c, CpuLevel level, const std::vector<float>& x) const {
    const std::int64_t row_stride = c.num_inputs + 3;
    const auto weight = normal_floats(c.num_outputs * row_stride, 1, 0.1f);
    const auto bias = normal_floats(c.num_outputs, 2);
    ReducedLinear linear;
    linear.reserve(c.num_inputs, c.num_outputs, GetParam(), level);
    for (std::int64_t p = 0; p < linear.num_panels(); ++p) {
      linear.pack_panel(p, weight.data(), row_stride, bias.data());
    }
    CodeBuffer codes;
    codes.reserve(c.num_rows, c.num_inputs);
    const std::int64_t width = linear.padded_outputs();
    std::vector<float> padded(static_cast<std::size_t>(c.num_rows * width), kNan);
    linear.forward(x.data(), c.num_inputs, c.num_rows, codes.rows(), padded.data(), width);
    std::vector<float> y;
    for (std::int64_t r = 0; r < c.num_rows; ++r) {
      for (std::int64_t n = 0; n < width; ++n) {
        const float value = padded[static_cast<std::size_t>(r * width + n)];
        if (n < c.num_outputs) y.push_back(value);
      }
    }
    return y;
  }

  static std::vector<double> exact(const Case& c, const std::vector<float>& x) {
    const std::int64_t row_stride = c.num_inputs + 3;
    const auto weight = normal_floats(c.num_outputs * row_stride, 1, 0.1f);
    const auto bias = normal_floats(c.num_outputs, 2);
    std::vector<double> y;
    for (std::int64_t r = 0; r < c.num_rows; ++r) {
      for (std::int64_t n = 0; n < c.num_outputs; ++n) {
        double sum = bias[static_cast<std::size_t>(n)];
        for (std::int64_t k = 0; k < c.num_inputs; ++k) {
          sum += static_cast<double>(x[static_cast<std::size_t>(r * c.num_inputs + k)]) *
                 weight[static_cast<std::size_t>(n * row_stride + k)];
        }
        y.push_back(sum);
      }
    }
    return y;
  }
};

const std::vector<Case> kCases{{1, 1, 1},    {3, 5, 2},      {12, 64, 32},
                               {13, 67, 33}, {30, 518, 101}, {96, 512, 512}};

// Rounding errors of K products add up like random ones: relative to the root of the sum of
// squares, bf16 rounds both factors to 2^-9, int8 one to range / 510 and the other to max / 254.
TEST_P(ReducedLinearTest, IsNearTheExactProduct) {
  for (const Case& c : kCases) {
    const auto x = normal_floats(c.num_rows * c.num_inputs, 3);
    const auto expected = exact(c, x);
    const auto y = product(c, CpuLevel::kPlain, x);
    const double spread = 0.1 * std::sqrt(static_cast<double>(c.num_inputs));
    const double tolerance = (GetParam() == Precision::kBf16 ? 0.012 : 0.06) * spread + 1e-5;
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], tolerance) << i;
  }
}

TEST_P(ReducedLinearTest, FastAndPlainAgree) {
  const CpuLevel level = available_cpu_levels().back();
  if (!is_native(GetParam(), level)) GTEST_SKIP() << "this machine multiplies in fp32 only";
  for (const Case& c : kCases) {
    const auto x = normal_floats(c.num_rows * c.num_inputs, 4);
    const auto plain = product(c, CpuLevel::kPlain, x);
    const auto fast = product(c, level, x);
    // Whole numbers are summed exactly; bf16 sums in fp32 in another order.
    const float tolerance =
        GetParam() == Precision::kInt8 ? 0.0f : 1e-6f * static_cast<float>(c.num_inputs + 1) * 0.3f;
    for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(fast[i], plain[i], tolerance) << i;
  }
}

TEST_P(ReducedLinearTest, PassesOnWhatIsNotANumberInItsRowOnly) {
  for (const CpuLevel level : {CpuLevel::kPlain, available_cpu_levels().back()}) {
    for (const float bad : {kNan, std::numeric_limits<float>::infinity()}) {
      const Case c{3, 37, 5};
      auto x = normal_floats(c.num_rows * c.num_inputs, 5);
      x[37 + 11] = bad;
      const auto y = product(c, level, x);
      for (std::size_t i = 0; i < y.size(); ++i) {
        EXPECT_EQ(std::isfinite(y[i]), i / 5 != 1) << i;
      }
    }
  }
}

TEST_P(ReducedLinearTest, ARowOfEqualNumbersIsExact) {
  const Case c{2, 64, 40};
  const std::vector<float> x(static_cast<std::size_t>(c.num_rows * c.num_inputs), 0.25f);
  const auto y = product(c, available_cpu_levels().back(), x);
  const auto expected = exact(c, x);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 0.04) << i;
}

INSTANTIATE_TEST_SUITE_P(Formats, ReducedLinearTest,
                         testing::Values(Precision::kBf16, Precision::kInt8),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST(ChoosePrecision, TakesFullPrecisionWhereNothingElseIsNative) {
  EXPECT_EQ(choose_precision(CpuLevel::kPlain), Precision::kFp32);
}

TEST(ChoosePrecision, TakesANativeFormat) {
  const CpuLevel level = available_cpu_levels().back();
  EXPECT_TRUE(is_native(choose_precision(level), level));
}

}  // namespace
}  // namespace foresight
