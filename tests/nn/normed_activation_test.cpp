// The fused block against its plain form, values and gradients.
#include "nn/normed_activation.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

struct Leaves {
  // x [E, R, D], weight and bias [E, D].
  Leaves() {
    Rng rng(1, "normed activation");
    x = (2 * random_normal({3, 10, 24}, rng) + 1).requires_grad_();
    weight = random_normal({3, 24}, rng).requires_grad_();
    bias = random_normal({3, 24}, rng).requires_grad_();
    slope = random_normal({3, 10, 24}, rng);
  }
  Tensor x, weight, bias, slope;
};

TEST(NormedActivation, EqualsItsPlainFormInValueAndGradient) {
  for (const Activation activation :
       {Activation::kNone, Activation::kMish, Activation::kSimNorm, Activation::kRelu}) {
    Leaves fused;
    Leaves plain;
    const Tensor y = normed_activation_ensemble(fused.x, fused.weight, fused.bias, activation, 8);
    const Tensor expected =
        normed_activation_plain(plain.x, plain.weight, plain.bias, activation, 8);
    EXPECT_TRUE(is_close(y, expected, 1e-5));
    (y * fused.slope).sum().backward();
    (expected * plain.slope).sum().backward();
    EXPECT_TRUE(is_close(fused.x.grad(), plain.x.grad(), 1e-5));
    EXPECT_TRUE(is_close(fused.weight.grad(), plain.weight.grad(), 1e-5));
    EXPECT_TRUE(is_close(fused.bias.grad(), plain.bias.grad(), 1e-5));
  }
}

TEST(NormedActivation, EqualsItsPlainFormWithDropout) {
  Rng rng(2, "dropout");
  const Tensor mask = (random_normal({3, 10, 24}, rng) > -1.0).to(torch::kFloat32) / 0.84;
  for (const Activation activation :
       {Activation::kNone, Activation::kMish, Activation::kSimNorm, Activation::kRelu}) {
    Leaves fused;
    Leaves plain;
    const Tensor y =
        normed_activation_ensemble(fused.x, fused.weight, fused.bias, activation, 8, mask);
    const Tensor expected =
        normed_activation_plain(plain.x, plain.weight, plain.bias, activation, 8, mask);
    EXPECT_TRUE(is_close(y, expected, 1e-5));
    EXPECT_FALSE(is_close(
        y, normed_activation_ensemble(fused.x, fused.weight, fused.bias, activation, 8), 1e-5));
    (y * fused.slope).sum().backward();
    (expected * plain.slope).sum().backward();
    EXPECT_TRUE(is_close(fused.x.grad(), plain.x.grad(), 1e-5));
    EXPECT_TRUE(is_close(fused.weight.grad(), plain.weight.grad(), 1e-5));
    EXPECT_TRUE(is_close(fused.bias.grad(), plain.bias.grad(), 1e-5));
  }
}

TEST(NormedActivation, OfOneNetworkIsAnEnsembleOfOne) {
  const Leaves leaves;
  const Tensor one =
      normed_activation(leaves.x[1], leaves.weight[1], leaves.bias[1], Activation::kMish, 8);
  const Tensor all =
      normed_activation_ensemble(leaves.x, leaves.weight, leaves.bias, Activation::kMish, 8);
  EXPECT_TRUE(is_close(one, all[1], 1e-6));
}

TEST(NormedActivation, TakesNoRows) {
  const Leaves leaves;
  const Tensor y = normed_activation(leaves.x[0].narrow(0, 0, 0), leaves.weight[0], leaves.bias[0],
                                     Activation::kSimNorm, 8);
  EXPECT_EQ(y.sizes(), at::IntArrayRef({0, 24}));
}

TEST(NormedActivation, RefusesWeightsOfAnotherSize) {
  const Leaves leaves;
  EXPECT_THROW(normed_activation_ensemble(leaves.x, leaves.weight.narrow(1, 0, 8), leaves.bias,
                                          Activation::kMish, 8),
               ContractViolation);
}

}  // namespace
}  // namespace foresight
