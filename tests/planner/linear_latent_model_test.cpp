#include "planner/linear_latent_model.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

TEST(LinearLatentModel, ValuesASequenceByHand) {
  LinearLatentModel model({.step_size = 0.5, .action_cost = 0.1, .discount = 0.9});
  // From z = 1 by -1 and 1: states 0.5 and 1, no move of the policy.
  model.begin(torch::ones({1, 1}), torch::zeros({2, 1, 0, 1}));
  const Tensor value = model.score(torch::tensor({-1.0f, 1.0f}).view({2, 1, 1, 1}), {});
  EXPECT_NEAR(value.item<double>(), -(0.25 + 0.1) - 0.9 * (1.0 + 0.1) - 0.81 * 1.0, 1e-6);
}

TEST(LinearLatentModel, ProposesByItsPolicy) {
  LinearLatentModel model({.step_size = 0.5, .policy_gain = 1.0, .policy_std = 0.5});
  const Tensor eps = torch::tensor({0.0f, 1.0f}).view({2, 1, 1, 1});
  const Tensor actions = model.propose(torch::full({1, 1}, 0.8f), eps).flatten();
  // -0.8, which leads to 0.4; then -0.4 + 0.5.
  EXPECT_TRUE(is_close(actions, torch::tensor({-0.8f, 0.1f}), 1e-6));
}

TEST(LinearLatentModel, ScoresProposalsFirst) {
  LinearLatentModel model({});
  model.begin(torch::zeros({1, 1}), torch::ones({1, 1, 1, 1}));
  const Tensor value = model.score(torch::zeros({1, 1, 1, 1}), {});
  EXPECT_LT(value[0][0].item<double>(), 0.0);
  EXPECT_EQ(value[0][1].item<double>(), 0.0);
}

TEST(LinearLatentModel, RefusesToScoreBeforeItBegan) {
  LinearLatentModel model({});
  EXPECT_THROW(model.score(torch::zeros({1, 1, 1, 1}), {}), ContractViolation);
}

}  // namespace
}  // namespace foresight
