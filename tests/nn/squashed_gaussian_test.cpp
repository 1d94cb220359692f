#include "nn/squashed_gaussian.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "nn/tensors.h"

namespace foresight {
namespace {

TEST(LogStd, TanhFormReachesItsBoundsAndTheirMiddle) {
  const Tensor raw = torch::tensor({-50.0f, 0.0f, 50.0f});
  EXPECT_TRUE(is_close(bounded_log_std(raw, {}), torch::tensor({-10.0f, -4.0f, 2.0f}), 1e-6));
}

TEST(LogStd, ClampFormLeavesWhatIsInside) {
  const LogStdConfig config{.form = LogStdForm::kClamp, .min = -5.0, .max = 1.0};
  const Tensor raw = torch::tensor({-50.0f, -4.5f, 0.25f, 50.0f});
  EXPECT_TRUE(
      has_same_bits(bounded_log_std(raw, config), torch::tensor({-5.0f, -4.5f, 0.25f, 1.0f})));
}

TEST(SquashedGaussian, DensityOfActionsIntegratesToOne) {
  constexpr std::int64_t kPoints = 20001;
  const Tensor eps = torch::linspace(-6.0, 6.0, kPoints).unsqueeze(-1);  // covers all but 2e-9
  const Tensor mean = torch::full({kPoints, 1}, 0.3f);
  const Tensor log_std = torch::full({kPoints, 1}, -0.5f);
  const PolicySample sample = squashed_sample(mean, log_std, eps);
  const Tensor density = sample.log_prob.to(torch::kDouble).exp().squeeze(-1);
  const Tensor action = sample.action.to(torch::kDouble).squeeze(-1);
  EXPECT_NEAR(torch::trapezoid(density, action).item<double>(), 1.0, 1e-3);
}

TEST(SquashedGaussian, ActionAndMeanAreSquashed) {
  const Tensor mean = torch::tensor({{0.2f, -1.5f}});
  const Tensor log_std = torch::tensor({{0.0f, -1.0f}});
  const Tensor eps = torch::tensor({{-0.7f, 2.0f}});
  const PolicySample sample = squashed_sample(mean, log_std, eps);
  EXPECT_TRUE(is_close(sample.mean, torch::tensor({{std::tanh(0.2f), std::tanh(-1.5f)}}), 1e-6));
  const float second = -1.5f + 2.0f * std::exp(-1.0f);
  EXPECT_TRUE(
      is_close(sample.action, torch::tensor({{std::tanh(-0.5f), std::tanh(second)}}), 1e-6));
}

TEST(SquashedGaussian, LogProbIsTheFormulaSummedOverActions) {
  Rng rng(1, "squashed");
  const Tensor mean = random_normal({6, 3}, rng);
  const Tensor log_std = 0.5 * random_normal({6, 3}, rng) - 1.0;
  const Tensor eps = random_normal({6, 3}, rng);
  const PolicySample sample = squashed_sample(mean, log_std, eps);
  double expected = 0.0;
  for (int i = 0; i < 3; ++i) {
    const double e = eps[2][i].item<double>();
    const double l = log_std[2][i].item<double>();
    const double a = std::tanh(mean[2][i].item<double>() + e * std::exp(l));
    expected += -0.5 * e * e - l - 0.5 * std::log(2.0 * std::numbers::pi);
    expected -= std::log(1.0 - a * a + 1e-6);
  }
  EXPECT_NEAR(sample.log_prob[2][0].item<double>(), expected, 1e-4);
  EXPECT_TRUE(has_same_bits(sample.entropy, -sample.log_prob));
}

TEST(SquashedGaussian, ScaledEntropyIsTheGaussianPartTimesTheNumberOfActions) {
  // The squash correction in entropy and scale cancels but for rounding.
  Rng rng(2, "squashed");
  const Tensor mean = 0.3 * random_normal({8, 4}, rng);
  const Tensor log_std = torch::full({8, 4}, -0.5f);
  const Tensor eps = random_normal({8, 4}, rng);
  const PolicySample sample = squashed_sample(mean, log_std, eps);
  const Tensor gaussian = (-0.5 * eps.square() - log_std - 0.9189385175704956).sum(-1, true);
  EXPECT_TRUE(is_close(sample.scaled_entropy, -4.0 * gaussian, 1e-4));
}

}  // namespace
}  // namespace foresight
