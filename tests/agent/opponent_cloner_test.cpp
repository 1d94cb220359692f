#include "agent/tdmpc2/opponent_cloner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/tiny_agents.h"

namespace foresight {
namespace {

class Cloning : public testing::Test {
 protected:
  Cloning() : model_(model_config(), 4, 2, torch::kCPU, 1) {
    Rng rng(2, "observations");
    observation_ = random_normal({40, 4}, rng);
    action_ = observation_.narrow(1, 0, 2).tanh();
  }
  static Tdmpc2ModelConfig model_config() {
    Tdmpc2ModelConfig config = tiny_config().model;
    config.policy_heads = "separate";
    config.num_opponents = 2;
    return config;
  }
  static OpponentCloningConfig cloning_config() {
    OpponentCloningConfig config;
    config.steps = 150;
    config.batch_size = 16;
    config.learning_rate = 3e-3;
    return config;
  }
  double learn(OpponentCloner& cloner, std::int64_t k) {
    Rng rng(3, "orders");
    const Tensor orders = cloner.draw_orders(observation_.size(0), rng);
    return cloner.clone(k, observation_, action_, orders).item<double>();
  }

  WorldModel model_;
  Tensor observation_, action_;
};

TEST_F(Cloning, ImitatesAnOpponentAndLeavesTheOthersAlone) {
  const Tensor other = model_.opponents().parameters(0).flat().clone();
  const Tensor world = model_.model_parameters().flat().clone();
  OpponentCloner cloner(model_, cloning_config());
  const double first = learn(cloner, 1);
  learn(cloner, 1);
  const double last = learn(cloner, 1);
  EXPECT_LT(last, 0.2 * first);
  EXPECT_TRUE(has_same_bits(model_.opponents().parameters(0).flat(), other));
  EXPECT_TRUE(has_same_bits(model_.model_parameters().flat(), world));
  EXPECT_EQ(cloner.optimisers()[0].num_steps(), 0);
  EXPECT_EQ(cloner.optimisers()[1].num_steps(), 450);
}

TEST_F(Cloning, LeavesTheLogStdHeadAlone) {
  OpponentCloner cloner(model_, cloning_config());
  const Tensor before = model_.opponents().parameters(0).flat().clone();
  learn(cloner, 0);
  const auto& parameters = model_.opponents().parameters(0);
  const auto [offset, length] = parameters.range_of("opponent0_log_std.");
  EXPECT_TRUE(
      has_same_bits(parameters.flat().narrow(0, offset, length), before.narrow(0, offset, length)));
  EXPECT_FALSE(torch::equal(parameters.flat().narrow(0, 0, offset), before.narrow(0, 0, offset)));
}

TEST_F(Cloning, ReadsTheFirstRowsOfEachOrder) {
  OpponentCloningConfig config = cloning_config();
  config.batch_size = 3;
  OpponentCloner cloner(model_, config);
  const Tensor orders = torch::arange(40).unsqueeze(0);
  const Tensor z = model_.encode(observation_);
  const Tensor expected =
      (model_.opponents().mean_action(0, z) - action_).narrow(0, 0, 3).square().mean().detach();
  EXPECT_TRUE(is_close(cloner.clone(0, observation_, action_, orders), expected, 1e-6));
}

TEST_F(Cloning, DrawsPermutations) {
  const OpponentCloner cloner(model_, cloning_config());
  Rng rng(4, "orders");
  const Tensor orders = cloner.draw_orders(9, rng);
  ASSERT_EQ(orders.sizes(), (std::vector<std::int64_t>{150, 9}));
  EXPECT_TRUE(std::get<0>(orders.sort(1)).equal(torch::arange(9).expand({150, 9})));
  EXPECT_FALSE(orders[0].equal(orders[1]));
}

}  // namespace
}  // namespace foresight
