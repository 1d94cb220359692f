#include "kernels/normed_activation/normed_activation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "kernels/normed_activation/normed_activation_kernel.h"
#include "kernels/random_floats.h"

namespace foresight {
namespace {

struct Case {
  std::int64_t num_rows, num_features;
  Activation activation;
  std::int64_t simnorm_dim;
};

constexpr Case kCases[] = {{1, 1, Activation::kNone, 8},      {3, 7, Activation::kMish, 8},
                           {5, 16, Activation::kMish, 8},     {70, 33, Activation::kMish, 8},
                           {4, 130, Activation::kMish, 8},    {3, 8, Activation::kSimNorm, 8},
                           {70, 24, Activation::kSimNorm, 8}, {2, 136, Activation::kSimNorm, 8},
                           {3, 6, Activation::kSimNorm, 6},   {3, 15, Activation::kSimNorm, 5},
                           {2, 68, Activation::kSimNorm, 34}, {2, 4, Activation::kSimNorm, 1},
                           {9, 37, Activation::kRelu, 8},     {6, 20, Activation::kNone, 8}};

using Row = std::vector<double>;

// The formula in double precision.
Row expected_row(const NormedActivation& op, Row y) {
  if (op.norm_weight != nullptr) {
    double mean = 0.0;
    double variance = 0.0;
    for (const double v : y) mean += v / static_cast<double>(y.size());
    for (const double v : y) variance += (v - mean) * (v - mean) / static_cast<double>(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = (y[i] - mean) / std::sqrt(variance + 1e-5) * op.norm_weight[i] + op.norm_bias[i];
    }
  }
  for (double& v : y) {
    if (op.activation == Activation::kMish) v *= std::tanh(std::log1p(std::exp(v)));
    if (op.activation == Activation::kRelu) v = std::max(v, 0.0);
  }
  if (op.activation == Activation::kSimNorm) {
    const auto dim = static_cast<std::size_t>(op.simnorm_dim);
    for (std::size_t g = 0; g < y.size(); g += dim) {
      double sum = 0.0;
      for (std::size_t i = g; i < g + dim; ++i) sum += std::exp(y[i]);
      for (std::size_t i = g; i < g + dim; ++i) y[i] = std::exp(y[i]) / sum;
    }
  }
  return y;
}

struct Data {
  Data(const Case& c, bool has_norm, CpuLevel level)
      : x(normal_floats(c.num_rows * c.num_features, 11, 3.0f)),
        weight(normal_floats(c.num_features, 12)),
        bias(normal_floats(c.num_features, 13)),
        op{.num_rows = c.num_rows,
           .num_features = c.num_features,
           .activation = c.activation,
           .simnorm_dim = c.simnorm_dim,
           .norm_weight = has_norm ? weight.data() : nullptr,
           .norm_bias = has_norm ? bias.data() : nullptr,
           .level = level} {}

  Row row(std::int64_t r) const {
    return Row(x.begin() + r * op.num_features, x.begin() + (r + 1) * op.num_features);
  }
  std::vector<float> zeros() const { return std::vector<float>(x.size()); }

  std::vector<float> x, weight, bias;
  NormedActivation op;
};

class NormedActivationTest : public testing::TestWithParam<CpuLevel> {};

TEST_P(NormedActivationTest, ForwardEqualsTheFormulaForOddSizes) {
  ThreadTeam team(2);
  for (const Case& c : kCases) {
    for (const bool has_norm : {true, false}) {
      const Data data(c, has_norm, GetParam());
      auto y = data.zeros();
      normed_activation_forward(data.op, data.x.data(), y.data(), nullptr, nullptr, team);
      for (std::int64_t r = 0; r < c.num_rows; ++r) {
        const Row expected = expected_row(data.op, data.row(r));
        for (std::int64_t i = 0; i < c.num_features; ++i) {
          const double wanted = expected[static_cast<std::size_t>(i)];
          // A few roundings; the exponential has a relative error of 2e-7.
          ASSERT_NEAR(y[static_cast<std::size_t>(r * c.num_features + i)], wanted,
                      2e-6 * (1.0 + std::abs(wanted)))
              << c.num_features << " features, row " << r << ", entry " << i;
        }
      }
    }
  }
}

// The gradient of sum(grad_y * y) by central differences of the formula in double.
double expected_slope(const NormedActivation& op, Row x, std::size_t index, const float* grad_y) {
  constexpr double kStep = 1e-5;
  const double old = x[index];
  x[index] = old + kStep;
  const Row above = expected_row(op, x);
  x[index] = old - kStep;
  const Row below = expected_row(op, x);
  double slope = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) slope += grad_y[i] * (above[i] - below[i]);
  return slope / (2.0 * kStep);
}

TEST_P(NormedActivationTest, BackwardEqualsCentralDifferencesOfTheFormula) {
  ThreadTeam team(2);
  for (const Case& c : kCases) {
    for (const bool has_norm : {true, false}) {
      const Data data(c, has_norm, GetParam());
      const auto grad_y = normal_floats(c.num_rows * c.num_features, 14);
      auto y = data.zeros();
      auto grad_x = data.zeros();
      const auto rows = static_cast<std::size_t>(c.num_rows);
      std::vector<float> mean(rows), rstd(rows);
      normed_activation_forward(data.op, data.x.data(), y.data(), mean.data(), rstd.data(), team);
      std::vector<float> scratch(
          static_cast<std::size_t>(normed_activation_scratch(c.num_features)));
      std::vector<float> grad_weight(data.weight.size()), grad_bias(data.bias.size());
      normed_activation_backward(
          data.op,
          {grad_y.data(), data.x.data(), mean.data(), rstd.data(), grad_x.data(),
           grad_weight.data(), grad_bias.data(), scratch.data()},
          team);
      for (std::int64_t r = 0; r < c.num_rows; ++r) {
        const float* row_grad = grad_y.data() + r * c.num_features;
        for (std::int64_t i = 0; i < c.num_features; ++i) {
          const double wanted =
              expected_slope(data.op, data.row(r), static_cast<std::size_t>(i), row_grad);
          // Float rounding, times rstd of up to 300 where all features are nearly equal.
          ASSERT_NEAR(grad_x[static_cast<std::size_t>(r * c.num_features + i)], wanted,
                      1e-5 * (1.0 + std::abs(wanted)))
              << c.num_features << " features, row " << r << ", entry " << i;
        }
      }
    }
  }
}

TEST_P(NormedActivationTest, ParameterGradientsEqualCentralDifferencesOfTheFormula) {
  ThreadTeam team(2);
  for (const Case& c : kCases) {
    Data data(c, true, GetParam());
    const auto grad_y = normal_floats(c.num_rows * c.num_features, 15);
    auto y = data.zeros();
    auto grad_x = data.zeros();
    const auto rows = static_cast<std::size_t>(c.num_rows);
    std::vector<float> mean(rows), rstd(rows);
    normed_activation_forward(data.op, data.x.data(), y.data(), mean.data(), rstd.data(), team);
    std::vector<float> scratch(static_cast<std::size_t>(normed_activation_scratch(c.num_features)));
    std::vector<float> grad_weight(data.weight.size()), grad_bias(data.bias.size());
    normed_activation_backward(
        data.op,
        {grad_y.data(), data.x.data(), mean.data(), rstd.data(), grad_x.data(), grad_weight.data(),
         grad_bias.data(), scratch.data()},
        team);
    const auto total = [&] {
      double sum = 0.0;
      for (std::int64_t r = 0; r < c.num_rows; ++r) {
        const Row row = expected_row(data.op, data.row(r));
        for (std::size_t i = 0; i < row.size(); ++i) {
          sum += row[i] * grad_y[static_cast<std::size_t>(r * c.num_features) + i];
        }
      }
      return sum;
    };
    const auto slope = [&](float& parameter) {
      // A power of two that a float parameter of size 1 can hold exactly enough.
      const float old = parameter;
      parameter = old + 0x1p-10f;
      const double above = total();
      const double width_above = parameter - static_cast<double>(old);
      parameter = old - 0x1p-10f;
      const double below = total();
      const double width_below = static_cast<double>(old) - parameter;
      parameter = old;
      return (above - below) / (width_above + width_below);
    };
    for (std::size_t i = 0; i < data.weight.size(); ++i) {
      const double weight_slope = slope(data.weight[i]);
      const double bias_slope = slope(data.bias[i]);
      // Third derivatives times the step squared, summed over the rows.
      const double tolerance = c.activation == Activation::kRelu ? 2e-2 : 1e-4;
      ASSERT_NEAR(grad_weight[i], weight_slope, tolerance * (1.0 + std::abs(weight_slope)));
      ASSERT_NEAR(grad_bias[i], bias_slope, tolerance * (1.0 + std::abs(bias_slope)));
    }
  }
}

TEST_P(NormedActivationTest, GivesTheSameBitsForAnyNumberOfThreadsAndInPlace) {
  const Case c{101, 48, Activation::kMish, 8};
  const Data data(c, true, GetParam());
  std::vector<std::vector<float>> results;
  for (const int num_threads : {1, 3}) {
    ThreadTeam team(num_threads);
    auto y = data.x;
    std::vector<float> mean(101), rstd(101);
    normed_activation_forward(data.op, y.data(), y.data(), mean.data(), rstd.data(), team);
    auto grad = normal_floats(c.num_rows * c.num_features, 16);
    std::vector<float> scratch(static_cast<std::size_t>(normed_activation_scratch(c.num_features)));
    std::vector<float> grad_weight(48), grad_bias(48);
    normed_activation_backward(data.op,
                               {grad.data(), data.x.data(), mean.data(), rstd.data(), grad.data(),
                                grad_weight.data(), grad_bias.data(), scratch.data()},
                               team);
    for (const auto& part : {grad, grad_weight, grad_bias})
      y.insert(y.end(), part.begin(), part.end());
    results.push_back(y);
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST_P(NormedActivationTest, DropoutMultipliesBetweenLayerNormAndActivation) {
  const Case c{5, 19, Activation::kMish, 8};
  const Data data(c, true, GetParam());
  std::vector<float> mask(data.x.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 3 == 0 ? 0.0f : 1.5f;
  auto y = data.zeros();
  normed_activation_kernel(GetParam())
      .forward({.num_rows = 5,
                .num_features = 19,
                .activation = Activation::kMish,
                .norm_weight = data.weight.data(),
                .norm_bias = data.bias.data(),
                .x = data.x.data(),
                .x_stride = 19,
                .dropout_mask = mask.data(),
                .mask_stride = 19,
                .y = y.data(),
                .y_stride = 19});
  NormedActivation norm_only = data.op;
  norm_only.activation = Activation::kNone;
  for (std::int64_t r = 0; r < 5; ++r) {
    const Row normed = expected_row(norm_only, data.row(r));
    for (std::size_t i = 0; i < 19; ++i) {
      const std::size_t at = static_cast<std::size_t>(r) * 19 + i;
      const double u = normed[i] * mask[at];
      ASSERT_NEAR(y[at], u * std::tanh(std::log1p(std::exp(u))), 4e-6);
    }
  }
}

TEST_P(NormedActivationTest, HugeInputsStayFiniteAndNanStaysInItsRow) {
  ThreadTeam team(1);
  for (const Activation activation : {Activation::kMish, Activation::kSimNorm, Activation::kRelu}) {
    const NormedActivation op{
        .num_rows = 3, .num_features = 24, .activation = activation, .level = GetParam()};
    std::vector<float> x(72, 0.5f);
    for (std::size_t i = 0; i < 24; ++i) x[i] = i % 2 == 0 ? 1e30f : -1e30f;
    x[30] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> y(72);
    normed_activation_forward(op, x.data(), y.data(), nullptr, nullptr, team);
    for (std::size_t i = 0; i < 24; ++i) EXPECT_TRUE(std::isfinite(y[i])) << i;
    EXPECT_TRUE(std::isnan(y[30]));
    for (std::size_t i = 48; i < 72; ++i) EXPECT_TRUE(std::isfinite(y[i])) << i;
  }
}

TEST_P(NormedActivationTest, RefusesGroupsThatDoNotDivideTheFeatures) {
  ThreadTeam team(1);
  std::vector<float> x(12);
  const NormedActivation op{.num_rows = 1,
                            .num_features = 12,
                            .activation = Activation::kSimNorm,
                            .simnorm_dim = 8,
                            .level = GetParam()};
  EXPECT_THROW(normed_activation_forward(op, x.data(), x.data(), nullptr, nullptr, team),
               ContractViolation);
}

INSTANTIATE_TEST_SUITE_P(AllLevels, NormedActivationTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight
