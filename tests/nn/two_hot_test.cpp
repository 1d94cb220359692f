#include "nn/two_hot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/tensors.h"

namespace foresight {
namespace {

// Bins at -2, -1, 0, 1, 2 in symlog units.
const TwoHotConfig kFiveBins{.num_bins = 5, .vmin = -2.0, .vmax = 2.0};

Tensor column(std::vector<float> values) { return torch::tensor(values).unsqueeze(-1); }

TEST(TwoHot, SymlogOfHandValues) {
  const auto e = static_cast<float>(std::exp(1.0));
  EXPECT_TRUE(is_close(symlog(column({0.0f, e - 1, 1 - e, e * e - 1})),
                       column({0.0f, 1.0f, -1.0f, 2.0f}), 1e-6));
}

TEST(TwoHot, SymexpUndoesSymlog) {
  const Tensor x = column({-2e4f, -31.0f, -1.0f, -1e-3f, 0.0f, 1e-3f, 0.5f, 7.0f, 999.0f, 2e4f});
  EXPECT_TRUE(is_close(symexp(symlog(x)), x, 1e-5));
}

TEST(TwoHot, SplitsANumberBetweenItsTwoNeighbours) {
  // symlog(x) = 0.25: a quarter of the way from bin 2 to bin 3.
  const Tensor code = two_hot(symexp(column({0.25f})), kFiveBins);
  EXPECT_TRUE(is_close(code, torch::tensor({{0.0f, 0.0f, 0.75f, 0.25f, 0.0f}}), 1e-6));
}

TEST(TwoHot, PutsNumbersBeyondTheRangeIntoTheOuterBins) {
  // At the top the second write wraps round to bin 0, with nothing to write.
  const Tensor code = two_hot(column({1e6f, -1e6f}), kFiveBins);
  EXPECT_TRUE(has_same_bits(
      code, torch::tensor({{0.0f, 0.0f, 0.0f, 0.0f, 1.0f}, {1.0f, 0.0f, 0.0f, 0.0f, 0.0f}})));
}

TEST(TwoHot, KeepsLeadingAxes) {
  const Tensor code = two_hot(torch::zeros({3, 2, 1}), kFiveBins);
  EXPECT_EQ(code.sizes(), at::IntArrayRef({3, 2, 5}));
  EXPECT_TRUE(has_same_bits(code.sum(-1), torch::ones({3, 2})));
}

TEST(TwoHot, DecodesWhatItEncoded) {
  const TwoHotConfig bins;  // 101 in [-10, 10]
  const Tensor x = column({-2e4f, -300.0f, -9.9f, -0.07f, 0.0f, 0.07f, 1.0f, 42.0f, 2e4f});
  // The code as logits: a bin without weight has a probability of 0.
  EXPECT_TRUE(is_close(two_hot_inverse(two_hot(x, bins).log(), bins), x, 2e-4));
}

TEST(TwoHot, DecodesEqualLogitsToTheMiddle) {
  EXPECT_TRUE(is_close(two_hot_inverse(torch::full({1, 5}, 3.0f), kFiveBins), column({0}), 1e-6));
}

TEST(TwoHot, CrossEntropyOfEqualLogitsIsTheLogarithmOfTheNumberOfBins) {
  const Tensor loss = soft_cross_entropy(torch::zeros({2, 5}), column({0.3f, -50.0f}), kFiveBins);
  EXPECT_TRUE(is_close(loss, torch::full({2, 1}, std::log(5.0)), 1e-6));
}

TEST(TwoHot, CrossEntropyIsLeastWhereTheLogitsAreTheCode) {
  const Tensor target = column({0.4f});
  const Tensor code = two_hot(target, kFiveBins);
  Tensor logits = (code + 1e-9).log().requires_grad_();
  soft_cross_entropy(logits, target, kFiveBins).sum().backward();
  EXPECT_TRUE(is_close(logits.grad(), torch::zeros({1, 5}), 1e-6));
  Tensor others = torch::zeros({1, 5}, torch::requires_grad());
  soft_cross_entropy(others, target, kFiveBins).sum().backward();
  EXPECT_GT(others.grad().abs().max().item<float>(), 0.1f);
}

TEST(TwoHot, FusedCrossEntropyEqualsItsPlainFormInValueAndGradient) {
  Rng rng(1, "two hot");
  const TwoHotConfig bins;
  const Tensor start = 2 * random_normal({3, 7, 101}, rng);
  const Tensor target = 20 * random_normal({3, 7, 1}, rng);
  const Tensor slope = random_normal({3, 7, 1}, rng);
  Tensor fused = start.clone().requires_grad_();
  Tensor plain = start.clone().requires_grad_();
  const Tensor loss = soft_cross_entropy(fused, target, bins);
  const Tensor expected = soft_cross_entropy_plain(plain, target, bins);
  EXPECT_TRUE(is_close(loss, expected, 1e-5));
  (loss * slope).sum().backward();
  (expected * slope).sum().backward();
  EXPECT_TRUE(is_close(fused.grad(), plain.grad(), 1e-5));
}

TEST(TwoHot, OneBinIsRegressionInSymlogSpaceAndNoneIsPlain) {
  const Tensor x = column({-7.0f, 0.5f});
  EXPECT_TRUE(has_same_bits(two_hot(x, {.num_bins = 1}), symlog(x)));
  EXPECT_TRUE(has_same_bits(two_hot_inverse(x, {.num_bins = 1}), symexp(x)));
  EXPECT_TRUE(has_same_bits(two_hot(x, {.num_bins = 0}), x));
  EXPECT_TRUE(has_same_bits(two_hot_inverse(x, {.num_bins = 0}), x));
}

}  // namespace
}  // namespace foresight
