#include "nn/adam.h"

#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>

#include <cmath>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

constexpr std::int64_t kSize = 50;

TEST(Adam, EqualsTorchsOwnOnTheSameGradients) {
  Rng rng(1, "adam");
  const Tensor start = random_normal({kSize}, rng);
  const Tensor flat = start.clone();
  Adam adam(flat, {{0, 20, 1e-2}, {20, 30, 3e-3}}, {.epsilon = 1e-5});

  Tensor slow = start.narrow(0, 0, 20).clone().requires_grad_();
  Tensor fast = start.narrow(0, 20, 30).clone().requires_grad_();
  using Options = torch::optim::AdamOptions;
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{slow},
                      std::make_unique<Options>(Options(1e-2).eps(1e-5)));
  groups.emplace_back(std::vector<Tensor>{fast},
                      std::make_unique<Options>(Options(3e-3).eps(1e-5)));
  torch::optim::Adam reference(groups, Options(1.0));

  for (int step = 0; step < 3; ++step) {
    const Tensor gradient = random_normal({kSize}, rng);
    adam.step(gradient);
    slow.mutable_grad() = gradient.narrow(0, 0, 20).clone();
    fast.mutable_grad() = gradient.narrow(0, 20, 30).clone();
    reference.step();
    EXPECT_TRUE(is_close(flat, torch::cat({slow, fast}), 1e-6)) << "step " << step;
  }
  EXPECT_EQ(adam.num_steps(), 3);
  EXPECT_GT((flat - start).abs().min().item<double>(), 1e-4);
}

TEST(Adam, InPlainTensorOperationsEqualsTheFusedPass) {
  Rng rng(1, "adam");
  const Tensor fused_flat = random_normal({kSize}, rng);
  const Tensor plain_flat = fused_flat.clone();
  const std::vector<AdamPart> parts{{0, 20, 1e-2}, {20, 30, 3e-3}};
  Adam fused(fused_flat, parts, {.epsilon = 1e-5});
  Adam plain(plain_flat, parts, {.epsilon = 1e-5});
  for (int step = 0; step < 5; ++step) {
    const Tensor gradient = random_normal({kSize}, rng);
    fused.step(gradient, /*max_norm=*/3.0);
    plain.count_step();
    plain.apply_plain(gradient, /*max_norm=*/3.0);
    EXPECT_TRUE(is_close(plain_flat, fused_flat, 1e-6)) << "step " << step;
    EXPECT_TRUE(is_close(plain.gradient_norm(), fused.gradient_norm(), 1e-6));
  }
  EXPECT_EQ(plain.num_steps(), 5);
}

TEST(Adam, FirstStepMovesEveryParameterByItsLearningRate) {
  const Tensor flat = torch::zeros({4});
  Adam adam(flat, {{0, 2, 0.5}, {2, 2, 0.25}}, {});
  adam.step(torch::tensor({3.0f, -1e-3f, 100.0f, -7.0f}));
  EXPECT_TRUE(is_close(flat, torch::tensor({-0.5f, 0.5f, -0.25f, 0.25f}), 1e-4));
}

TEST(Adam, GoesOnAsBeforeWhenRestored) {
  Rng rng(2, "adam");
  const Tensor flat = random_normal({kSize}, rng);
  Adam adam(flat, {{0, kSize, 1e-2}}, {});
  adam.step(random_normal({kSize}, rng));
  const Tensor copy = flat.clone();
  Adam restored(copy, {{0, kSize, 1e-2}}, {});
  restored.restore(adam.first_moment(), adam.second_moment(), adam.num_steps());
  const Tensor gradient = random_normal({kSize}, rng);
  adam.step(gradient);
  restored.step(gradient);
  EXPECT_TRUE(has_same_bits(copy, flat));
}

TEST(Adam, RefusesPartsWithAGap) {
  const Tensor flat = torch::zeros({10});
  EXPECT_THROW(Adam(flat, {{0, 4, 1.0}, {5, 5, 1.0}}, {}), ContractViolation);
  EXPECT_THROW(Adam(flat, {{0, 4, 1.0}}, {}), ContractViolation);
}

// One step of a moment of 0 leaves (1 - beta1) times the gradient that was used.
Tensor gradient_used(const Tensor& gradient, double max_norm, double expected_norm) {
  const Tensor flat = torch::zeros_like(gradient);
  Adam adam(flat, {{0, gradient.size(0), 1e-3}}, {});
  adam.step(gradient, max_norm);
  EXPECT_NEAR(adam.gradient_norm().item<double>(), expected_norm, 1e-5);
  return adam.first_moment() / 0.1;
}

TEST(Adam, ScalesALongGradientToTheLargestNorm) {
  const Tensor gradient = torch::tensor({3.0f, 4.0f});
  EXPECT_TRUE(is_close(gradient_used(gradient, 1.0, 5.0), torch::tensor({0.6f, 0.8f}), 1e-5));
  EXPECT_TRUE(has_same_bits(gradient, torch::tensor({3.0f, 4.0f})));  // read, not written
}

TEST(Adam, LeavesAShortGradientAlone) {
  const Tensor gradient = torch::tensor({3.0f, 4.0f});
  EXPECT_TRUE(is_close(gradient_used(gradient, 20.0, 5.0), gradient, 1e-5));
}

TEST(Adam, ClipsAsTorchDoes) {
  Rng rng(3, "adam");
  const Tensor gradient = random_normal({kSize}, rng);
  Tensor parameter = torch::zeros({kSize}, torch::requires_grad());
  parameter.mutable_grad() = gradient.clone();
  const double norm = torch::nn::utils::clip_grad_norm_(parameter, 2.5);
  EXPECT_TRUE(is_close(gradient_used(gradient, 2.5, norm), parameter.grad(), 1e-5));
}

}  // namespace
}  // namespace foresight
