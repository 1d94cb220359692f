#include "nn/running_scale.h"

#include <gtest/gtest.h>

#include "nn/tensors.h"

namespace foresight {
namespace {

double percentile_of(const std::vector<float>& values, double percent) {
  return percentile(torch::tensor(values).unsqueeze(-1), percent).item<double>();
}

TEST(Percentile, OfHandValues) {
  const std::vector<float> eleven{10, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5};
  EXPECT_NEAR(percentile_of(eleven, 5), 0.5, 1e-6);
  EXPECT_NEAR(percentile_of(eleven, 95), 9.5, 1e-6);
  EXPECT_NEAR(percentile_of(eleven, 50), 5.0, 1e-6);
  EXPECT_NEAR(percentile_of({-4, 12}, 25), 0.0, 1e-6);
  EXPECT_NEAR(percentile_of(eleven, 100), 10.0, 1e-6);
  EXPECT_NEAR(percentile_of({3}, 95), 3.0, 1e-6);
}

TEST(RunningScale, MovesTowardsTheRangeOfTheValues) {
  RunningScale scale(0.01, torch::ones({1}));
  scale.update(torch::arange(11.0f).unsqueeze(-1));  // p95 - p5 = 9
  EXPECT_NEAR(scale.value().item<double>(), 1.0 + 0.01 * 8.0, 1e-6);
  scale.update(torch::arange(11.0f).unsqueeze(-1));
  EXPECT_NEAR(scale.value().item<double>(), 1.08 + 0.01 * (9.0 - 1.08), 1e-6);
}

TEST(RunningScale, CountsARangeBelowOneAsOne) {
  RunningScale scale(0.5, torch::full({1}, 3.0f));
  scale.update(torch::full({20, 1}, 7.0f));
  EXPECT_NEAR(scale.value().item<double>(), 2.0, 1e-6);
}

TEST(RunningScale, KeepsACopyOfWhatItIsSetTo) {
  RunningScale scale(0.5, torch::ones({1}));
  const Tensor given = torch::full({1}, 4.0f);
  scale.set(given);
  given.fill_(0.0f);
  EXPECT_EQ(scale.value().item<float>(), 4.0f);
}

}  // namespace
}  // namespace foresight
