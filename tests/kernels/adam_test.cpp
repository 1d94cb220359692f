#include "kernels/adam/adam.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "kernels/random_floats.h"

namespace foresight {
namespace {

class AdamTest : public testing::TestWithParam<CpuLevel> {
 protected:
  ThreadTeam team_{2};
};

struct Parameters {
  explicit Parameters(std::int64_t size)
      : value(normal_floats(size, 31)),
        gradient(normal_floats(size, 32)),
        first(normal_floats(size, 33, 0.1f)),
        second(normal_floats(size, 34, 0.1f)) {
    for (float& v : second) v = std::abs(v);
  }
  AdamSegment segment(float learning_rate) {
    return {value.data(),
            gradient.data(),
            first.data(),
            second.data(),
            static_cast<std::int64_t>(value.size()),
            learning_rate};
  }
  std::vector<float> value, gradient, first, second;
};

TEST_P(AdamTest, UpdatesEverySegmentByTheFormula) {
  // The last one is longer than a piece of work.
  const std::int64_t sizes[] = {1, 7, 16, 70001};
  const float rates[] = {3e-4f, 9e-5f, 1.0f, 1e-3f};
  std::vector<Parameters> before;
  for (const std::int64_t size : sizes) before.emplace_back(size);
  auto after = before;
  std::vector<AdamSegment> segments;
  for (std::size_t s = 0; s < after.size(); ++s) segments.push_back(after[s].segment(rates[s]));
  const AdamOptions options{
      .epsilon = 1e-5, .step = 3, .gradient_scale = 0.25f, .level = GetParam()};
  adam_step(segments, options, team_);
  for (std::size_t s = 0; s < before.size(); ++s) {
    for (std::size_t i = 0; i < before[s].value.size(); ++i) {
      const double g = 0.25 * before[s].gradient[i];
      const double m = 0.9 * before[s].first[i] + 0.1 * g;
      const double v = 0.999 * before[s].second[i] + 0.001 * g * g;
      const double m_hat = m / (1.0 - std::pow(0.9, 3));
      const double v_hat = v / (1.0 - std::pow(0.999, 3));
      const double wanted = before[s].value[i] - rates[s] * m_hat / (std::sqrt(v_hat) + 1e-5);
      // A dozen float roundings.
      ASSERT_NEAR(after[s].first[i], m, 1e-6 * (1.0 + std::abs(m)));
      ASSERT_NEAR(after[s].second[i], v, 1e-6 * (1.0 + v));
      ASSERT_NEAR(after[s].value[i], wanted,
                  3e-6 * (1.0 + std::abs(wanted - before[s].value[i])) + 1e-6 * std::abs(wanted));
    }
  }
}

TEST_P(AdamTest, TheFirstStepMovesByTheLearningRate) {
  Parameters p(40);
  p.first.assign(40, 0.0f);
  p.second.assign(40, 0.0f);
  const auto before = p.value;
  const AdamSegment segment = p.segment(1e-2f);
  adam_step({&segment, 1}, {.level = GetParam()}, team_);
  for (std::size_t i = 0; i < 40; ++i) {
    const float direction = p.gradient[i] > 0.0f ? -1.0f : 1.0f;
    EXPECT_NEAR(p.value[i] - before[i], direction * 1e-2f, 1e-6);
  }
}

TEST_P(AdamTest, NormAndClipFactorEqualTheFormula) {
  Parameters a(70001), b(5);
  const AdamSegment segments[] = {a.segment(1.0f), b.segment(1.0f)};
  double wanted = 0.0;
  for (const auto* p : {&a, &b}) {
    for (const float g : p->gradient) wanted += double{g} * g;
  }
  const double sum = sum_of_squares(segments, GetParam(), team_);
  EXPECT_NEAR(sum / wanted, 1.0, 1e-6);
  ThreadTeam alone(1);
  EXPECT_EQ(sum, sum_of_squares(segments, GetParam(), alone));
  EXPECT_EQ(clip_factor(5.0, 20.0), 1.0f);
  EXPECT_NEAR(clip_factor(40.0, 20.0), 0.5f, 1e-6);
}

TEST_P(AdamTest, LerpMovesTheTargetByTheRate) {
  auto target = normal_floats(70001, 35);
  const auto before = target;
  const auto source = normal_floats(70001, 36);
  const LerpSegment segment{target.data(), source.data(), 70001};
  lerp_towards({&segment, 1}, 0.01f, GetParam(), team_);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double wanted = before[i] + 0.01 * (double{source[i]} - before[i]);
    ASSERT_NEAR(target[i], wanted, 1e-6);
  }
}

TEST_P(AdamTest, RefusesStepZero) {
  EXPECT_THROW(adam_step({}, {.step = 0, .level = GetParam()}, team_), ContractViolation);
}

INSTANTIATE_TEST_SUITE_P(AllLevels, AdamTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight
