#include "nn/parameters.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

struct TwoTensors {
  explicit TwoTensors(bool trainable = true) {
    a = set.declare("a.weight", {2, 3}, Init::kNormal, 3);
    b = set.declare("b.norm.weight", {4}, Init::kOne);
    Rng rng(1, "parameters");
    set.build(torch::kCPU, trainable, rng);
  }
  ParameterSet set;
  std::size_t a, b;
};

TEST(ParameterSet, TensorsShareMemoryWithTheFlatBuffer) {
  TwoTensors two;
  EXPECT_EQ(two.set.size(), 10);
  const torch::NoGradGuard no_grad;
  two.set.flat().copy_(torch::arange(10));
  EXPECT_TRUE(has_same_bits(two.set.at(two.a), torch::arange(6.0f).view({2, 3})));
  two.set.at(two.b).fill_(-1.0f);
  EXPECT_EQ(two.set.flat()[9].item<float>(), -1.0f);
}

TEST(ParameterSet, GradientsLandInTheFlatGradient) {
  TwoTensors two;
  const auto backward = [&] {
    ((3 * two.set.at(two.a)).sum() + (two.set.at(two.b) * torch::arange(4)).sum()).backward();
  };
  backward();
  const Tensor once = torch::tensor({3.f, 3.f, 3.f, 3.f, 3.f, 3.f, 0.f, 1.f, 2.f, 3.f});
  EXPECT_TRUE(has_same_bits(two.set.flat_gradient(), once));
  backward();
  EXPECT_TRUE(has_same_bits(two.set.flat_gradient(), 2 * once));
  two.set.flat_gradient().zero_();
  backward();
  EXPECT_TRUE(has_same_bits(two.set.flat_gradient(), once));
}

TEST(ParameterSet, WithoutTrainingHasNoGradient) {
  const TwoTensors two(/*trainable=*/false);
  EXPECT_FALSE(two.set.flat_gradient().defined());
  EXPECT_FALSE(two.set.at(two.a).requires_grad());
}

TEST(ParameterSet, TheSameSeedGivesTheSameNumbers) {
  const TwoTensors first;
  const TwoTensors second;
  EXPECT_TRUE(has_same_bits(first.set.flat(), second.set.flat()));
}

TEST(ParameterSet, FillsEachKindAsItsRuleSays) {
  ParameterSet set;
  const auto normal = set.declare("normal", {200, 100}, Init::kNormal);
  const auto uniform = set.declare("uniform", {100, 100}, Init::kTorchUniform, 100);
  const auto zero = set.declare("zero", {7}, Init::kZero);
  const auto one = set.declare("one", {7}, Init::kOne);
  Rng rng(3, "parameters");
  set.build(torch::kCPU, true, rng);
  EXPECT_NEAR(set.at(normal).mean().item<double>(), 0.0, 5e-4);
  EXPECT_NEAR(set.at(normal).std().item<double>(), 0.02, 3e-4);
  // U(-0.1, 0.1).
  EXPECT_NEAR(set.at(uniform).std().item<double>(), 0.1 / std::sqrt(3.0), 1e-3);
  EXPECT_LE(set.at(uniform).abs().max().item<double>(), 0.1 + 1e-7);
  EXPECT_TRUE(has_same_bits(set.at(zero), torch::zeros({7})));
  EXPECT_TRUE(has_same_bits(set.at(one), torch::ones({7})));
}

TEST(ParameterSet, FillingLikeTorchLeavesTheNormsAlone) {
  TwoTensors two;
  const Tensor before = two.set.at(two.a).detach().clone();
  Rng rng(4, "parameters");
  two.set.fill_like_torch(rng);
  EXPECT_FALSE(torch::equal(two.set.at(two.a), before));
  EXPECT_LE(two.set.at(two.a).abs().max().item<double>(), 1.0 / std::sqrt(3.0) + 1e-6);
  EXPECT_TRUE(has_same_bits(two.set.at(two.b), torch::ones({4})));
}

TEST(ParameterSet, FindsARunByItsPrefix) {
  TwoTensors two;
  EXPECT_EQ(two.set.range_of("b."), (std::pair<std::int64_t, std::int64_t>{6, 4}));
  EXPECT_THROW(two.set.range_of("c."), ContractViolation);
}

TEST(ParameterSet, RefusesAPrefixThatIsNotOneRun) {
  ParameterSet set;
  for (const char* name : {"a.0", "b.0", "a.1"}) set.declare(name, {1}, Init::kZero);
  Rng rng(1, "parameters");
  set.build(torch::kCPU, true, rng);
  EXPECT_THROW(set.range_of("a."), ContractViolation);
}

TEST(ParameterSet, RefusesADeclarationAfterItWasBuilt) {
  TwoTensors two;
  EXPECT_THROW(two.set.declare("late", {1}, Init::kZero), ContractViolation);
}

}  // namespace
}  // namespace foresight
