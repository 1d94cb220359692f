#include "kernels/two_hot/two_hot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "kernels/random_floats.h"

namespace foresight {
namespace {

class TwoHotTest : public testing::TestWithParam<CpuLevel> {
 protected:
  TwoHot with(std::int64_t num_bins, float vmin = -10.0f, float vmax = 10.0f) const {
    return {.num_bins = num_bins, .vmin = vmin, .vmax = vmax, .level = GetParam()};
  }
  ThreadTeam team_{2};
};

constexpr std::int64_t kBinCounts[] = {2, 5, 16, 21, 101, 130};

// -sum p log_softmax in double, p spelled out as the reference writes it: the lower bin first.
double expected_loss(const TwoHot& op, const float* logits, double target) {
  const auto num_bins = static_cast<std::size_t>(op.num_bins);
  const double bin_size = (op.vmax - op.vmin) / static_cast<double>(op.num_bins - 1);
  const double y = std::clamp(std::copysign(std::log1p(std::abs(target)), target), double{op.vmin},
                              double{op.vmax});
  const double position = (y - op.vmin) / bin_size;
  const auto lower = static_cast<std::size_t>(position);
  std::vector<double> p(num_bins);
  p[lower] = 1.0 - (position - static_cast<double>(lower));
  p[(lower + 1) % num_bins] = position - static_cast<double>(lower);
  double sum = 0.0;
  for (std::size_t i = 0; i < num_bins; ++i) sum += std::exp(double{logits[i]});
  double loss = 0.0;
  for (std::size_t i = 0; i < num_bins; ++i) loss -= p[i] * (logits[i] - std::log(sum));
  return loss;
}

TEST_P(TwoHotTest, LossEqualsTheFormula) {
  for (const std::int64_t num_bins : kBinCounts) {
    const TwoHot op = with(num_bins);
    const std::int64_t num_rows = 70;
    const auto logits = normal_floats(num_rows * num_bins, 21, 2.0f);
    auto target = normal_floats(num_rows, 22, 30.0f);
    target[0] = 0.0f;
    target[1] = 1e9f;   // beyond the highest bin
    target[2] = -1e9f;  // beyond the lowest
    std::vector<float> loss(70);
    two_hot_cross_entropy(op, num_rows, logits.data(), target.data(), loss.data(), nullptr, team_);
    for (std::size_t r = 0; r < 70; ++r) {
      // The position among the bins is rounded: 1e-6 bins times the difference of two logits.
      ASSERT_NEAR(
          loss[r],
          expected_loss(op, logits.data() + r * static_cast<std::size_t>(num_bins), target[r]),
          5e-5)
          << num_bins << " bins, row " << r;
    }
  }
}

TEST_P(TwoHotTest, GradientEqualsCentralDifferencesOfTheFormula) {
  const TwoHot op = with(21);
  auto logits = normal_floats(4 * 21, 23, 2.0f);
  const std::vector<float> target{0.3f, -7.0f, 1e9f, -1e9f};
  std::vector<float> loss(4);
  auto grad = logits;
  two_hot_cross_entropy(op, 4, grad.data(), target.data(), loss.data(), grad.data(), team_);
  for (std::size_t r = 0; r < 4; ++r) {
    for (std::size_t i = 0; i < 21; ++i) {
      float& logit = logits[r * 21 + i];
      const float old = logit;
      logit = old + 0x1p-8f;
      const double above = expected_loss(op, &logits[r * 21], target[r]);
      const double high = logit;
      logit = old - 0x1p-8f;
      const double below = expected_loss(op, &logits[r * 21], target[r]);
      const double slope = (above - below) / (high - logit);
      logit = old;
      ASSERT_NEAR(grad[r * 21 + i], slope, 1e-5) << "row " << r << ", bin " << i;
    }
  }
}

TEST_P(TwoHotTest, DecodesWhatWasEncoded) {
  const TwoHot op = with(101);
  std::vector<float> logits(101, -60.0f);
  logits[50] = std::log(0.25f);
  logits[51] = std::log(0.75f);
  float value = 0.0f;
  two_hot_decode(op, 1, logits.data(), &value, team_);
  EXPECT_NEAR(value, std::expm1(0.75 * 0.2), 1e-6);
}

TEST_P(TwoHotTest, DecodeEqualsTheFormula) {
  for (const std::int64_t num_bins : kBinCounts) {
    const TwoHot op = with(num_bins, -4.0f, 6.0f);
    const auto logits = normal_floats(70 * num_bins, 24, 3.0f);
    std::vector<float> value(70);
    two_hot_decode(op, 70, logits.data(), value.data(), team_);
    for (std::size_t r = 0; r < 70; ++r) {
      double sum = 0.0;
      double y = 0.0;
      for (std::int64_t i = 0; i < num_bins; ++i) {
        const double e = std::exp(
            double{logits[r * static_cast<std::size_t>(num_bins) + static_cast<std::size_t>(i)]});
        sum += e;
        y += e * (-4.0 + 10.0 * static_cast<double>(i) / static_cast<double>(num_bins - 1));
      }
      const double wanted = std::copysign(std::expm1(std::abs(y / sum)), y);
      // Rounding of y, up to 6, is magnified by symexp's slope.
      ASSERT_NEAR(value[r], wanted, 2e-6 * (1.0 + std::abs(wanted))) << num_bins;
    }
  }
}

TEST_P(TwoHotTest, NanStaysInItsRow) {
  const TwoHot op = with(21);
  auto logits = normal_floats(3 * 21, 25);
  logits[21 + 4] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> target{1.0f, 1.0f, std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> value(3), loss(3), grad(63);
  two_hot_decode(op, 3, logits.data(), value.data(), team_);
  EXPECT_TRUE(std::isfinite(value[0]) && std::isnan(value[1]) && std::isfinite(value[2]));
  two_hot_cross_entropy(op, 3, logits.data(), target.data(), loss.data(), grad.data(), team_);
  EXPECT_TRUE(std::isfinite(loss[0]) && std::isnan(loss[1]) && std::isnan(loss[2]));
}

TEST_P(TwoHotTest, RefusesOneBin) {
  std::vector<float> one{0.0f};
  EXPECT_THROW(two_hot_decode(with(1), 1, one.data(), one.data(), team_), ContractViolation);
}

INSTANTIATE_TEST_SUITE_P(AllLevels, TwoHotTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight
