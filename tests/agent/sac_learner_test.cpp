#include <gtest/gtest.h>

#include <cmath>

#include "agent/sac/learner.h"
#include "agent/tiny_sac.h"
#include "base/error.h"

namespace foresight {
namespace {

constexpr std::int64_t kBatch = 16;

struct Learning {
  explicit Learning(const SacLearnerConfig& config = tiny_sac().learner)
      : learner(config, tiny_env(), 1), rng(3, "batch") {
    const EnvSpec env = tiny_env();
    batch.observations.resize(static_cast<std::size_t>(2 * kBatch * env.observation_dim));
    batch.actions.resize(static_cast<std::size_t>(kBatch * env.action_dim));
    batch.rewards.resize(kBatch);
    batch.bootstrap.assign(kBatch, 0.99f);
    rng.fill_normal(batch.observations);
    for (float& action : batch.actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
    rng.fill_normal(batch.rewards);
    eps.resize(2 * batch.actions.size());
  }
  SacUpdateResult update() {
    rng.fill_normal(eps);
    return learner.update(batch, eps);
  }
  SacLearner learner;
  Rng rng;
  TransitionBatch batch;
  std::vector<float> eps;
};

TEST(SacLearner, LearnsAFixedBatchByHeart) {
  Learning learning;
  learning.batch.bootstrap.assign(kBatch, 0.0f);  // targets are the rewards
  const double first = learning.update().critic_loss;
  double last = first;
  for (int i = 0; i < 1500; ++i) last = learning.update().critic_loss;
  EXPECT_LT(last, 0.02 * first);
}

TEST(SacLearner, TheTemperatureFollowsTheEntropy) {
  for (const double target : {-5.0, 1.3}) {  // far below and (for 2 numbers) far above
    auto config = tiny_sac().learner;
    config.target_entropy_per_action = target;
    Learning learning(config);
    for (int i = 0; i < 30; ++i) learning.update();
    EXPECT_EQ(learning.learner.temperature() > 1.0, target > 0.0) << target;
  }
}

TEST(SacLearner, AFixedTemperatureStays) {
  auto config = tiny_sac().learner;
  config.temperature = 0.25;
  config.fixed_temperature = true;
  Learning learning(config);
  for (int i = 0; i < 5; ++i) learning.update();
  EXPECT_NEAR(learning.learner.temperature(), 0.25, 1e-7);
}

TEST(SacLearner, NothingIsLearnedBehindATerminalStep) {
  Learning learning;
  learning.batch.bootstrap.assign(kBatch, 0.0f);
  learning.update();
  const auto targets = learning.learner.targets();
  EXPECT_EQ(std::vector<float>(targets.begin(), targets.end()), learning.batch.rewards);
}

TEST(SacLearner, ImportanceWeightsScaleErrors) {
  Learning plain, weighted, zero;
  weighted.batch.weights.assign(kBatch, 0.5f);
  zero.batch.weights.assign(kBatch, 0.0f);
  const double loss = plain.update().critic_loss;
  EXPECT_NEAR(weighted.update().critic_loss, 0.5 * loss, 1e-6 * loss);
  EXPECT_EQ(zero.update().critic_loss, 0.0);
  EXPECT_EQ(zero.learner.critics().optimiser().gradient_norm_value(), 0.0);
}

TEST(SacLearner, PrioritiesAreTheErrorsOfBothValues) {
  Learning learning;
  learning.update();
  const auto errors = learning.learner.critics().errors();
  const auto priorities = learning.learner.priorities();
  ASSERT_EQ(priorities.size(), static_cast<std::size_t>(kBatch));
  for (std::size_t b = 0; b < priorities.size(); ++b) {
    EXPECT_FLOAT_EQ(priorities[b], 0.5f * (std::abs(errors[b]) + std::abs(errors[kBatch + b])));
  }
}

TEST(SacLearner, ClipsGradientsWhereAsked) {
  auto config = tiny_sac().learner;
  config.grad_clip_norm = 1e-30;  // leaves nothing of them
  Learning learning(config);
  const Tensor before = learning.learner.actor_parameters().flat().clone();
  learning.update();
  const Tensor moved = learning.learner.actor_parameters().flat() - before;
  EXPECT_LT(moved.abs().max().item<double>(), 1e-12);
}

TEST(SacLearner, RefusesArraysThatDoNotFitTogether) {
  Learning learning;
  learning.eps.pop_back();
  EXPECT_THROW(learning.learner.update(learning.batch, learning.eps), ContractViolation);
}

}  // namespace
}  // namespace foresight
