#include "agent/tdmpc2/learner.h"

#include <gtest/gtest.h>

#include <cmath>

#include "agent/tiny_agents.h"
#include "base/error.h"

namespace foresight {
namespace {

constexpr std::int64_t kHorizon = 3;
constexpr std::int64_t kBatch = 12;
constexpr double kDiscount = 0.9;

Tensor zeros_and_ones(at::IntArrayRef shape, Rng& rng) {
  return (random_normal(shape, rng) > 0.7).to(torch::kFloat32);
}

// Rewards sit on bins, so that a perfect prediction has a loss of 0.
LearnerBatch random_batch(std::uint64_t seed) {
  Rng rng(seed, "batch");
  const Tensor bins = 0.2 * (3 * random_normal({kHorizon, kBatch, 1}, rng)).round();
  return {.observation = random_normal({kHorizon + 1, kBatch, 4}, rng),
          .action = random_normal({kHorizon, kBatch, 2}, rng).tanh(),
          .reward = symexp(bins),
          .terminated = zeros_and_ones({kHorizon, kBatch, 1}, rng)};
}

struct Learning {
  explicit Learning(const Tdmpc2Config& config = tiny_config())
      : model(config.model, 4, 2, torch::kCPU, 1), learner(model, config.learner, kDiscount) {}
  UpdateResult update(const LearnerBatch& batch, const GradientObserver& observer = {}) {
    return learner.update(batch, learner.draw(kBatch, kHorizon, rng), observer);
  }
  WorldModel model;
  Tdmpc2Learner learner;
  Rng rng{3, "updates"};
};

// Bounds: twice or more what any of five seeds needed.
TEST(Learner, OverfitsAFixedBatch) {
  Tdmpc2Config config = tiny_config();
  config.learner.learning_rate = 5e-3;
  config.learner.encoder_lr_scale = 1.0;
  config.model.dropout = 0.0;
  Learning learning(config);
  const LearnerBatch batch = random_batch(1);
  const UpdateResult first = learning.update(batch);
  UpdateResult last;
  for (int i = 0; i < 300; ++i) last = learning.update(batch);
  const auto ratio = [&](Tensor UpdateResult::* loss) {
    return (last.*loss).item<double>() / (first.*loss).item<double>();
  };
  EXPECT_LT(ratio(&UpdateResult::reward_loss), 0.1);
  EXPECT_LT(ratio(&UpdateResult::value_loss), 0.5);
  EXPECT_LT(ratio(&UpdateResult::termination_loss), 0.8);
  const Tensor z = last.latents.narrow(0, 0, kHorizon);
  const Tensor error = learning.model.reward(z, batch.action) - batch.reward;
  EXPECT_LT(error.abs().mean().item<double>(), 0.35 * batch.reward.abs().mean().item<double>());
}

TEST(Learner, LearnsNothingAtALearningRateOfZero) {
  Tdmpc2Config config = tiny_config();
  config.learner.learning_rate = 0.0;
  Learning learning(config);
  const Tensor model = learning.model.model_parameters().flat().clone();
  const Tensor policy = learning.model.policy_parameters().flat().clone();
  learning.update(random_batch(1));
  EXPECT_TRUE(has_same_bits(learning.model.model_parameters().flat(), model));
  EXPECT_TRUE(has_same_bits(learning.model.policy_parameters().flat(), policy));
}

TEST(Learner, EncoderLearnsAtItsShareOfTheRate) {
  Learning learning;
  const ParameterSet& parameters = learning.model.model_parameters();
  const Tensor before = parameters.flat().clone();
  learning.update(random_batch(1));
  const Tensor moved = (parameters.flat() - before).abs();
  const auto [offset, length] = parameters.range_of("encoder.");
  // Adam's first step has the size of the learning rate wherever the gradient is not tiny.
  EXPECT_NEAR(moved.narrow(0, offset, length).max().item<double>(), 0.3e-3, 1e-6);
  EXPECT_NEAR(moved.max().item<double>(), 1e-3, 1e-6);
}

TEST(Learner, PolicyLossSendsNoGradientIntoTheModel) {
  Learning learning;
  fill_with_noise(learning.model.model_parameters(), 0.3f, learning.rng);
  Tensor model_gradient;
  Tensor policy_gradient;
  learning.update(random_batch(1), [&](const ParameterSet& parameters) {
    Tensor& seen =
        &parameters == &learning.model.model_parameters() ? model_gradient : policy_gradient;
    seen = parameters.flat_gradient().clone();
  });
  // The model's step clears its gradient, and the policy's loss comes after it.
  EXPECT_EQ(learning.model.model_parameters().flat_gradient().abs().max().item<double>(), 0.0);
  EXPECT_GT(model_gradient.abs().max().item<double>(), 0.0);
  EXPECT_GT(policy_gradient.abs().max().item<double>(), 0.0);
}

TEST(Learner, TargetMovesByTauTowardsTheUpdatedQ) {
  Learning learning;
  const Tensor before = learning.model.target_parameters().flat().clone();
  learning.update(random_batch(1));
  const auto [offset, length] = learning.model.model_parameters().range_of("q.");
  const Tensor online = learning.model.model_parameters().flat().narrow(0, offset, length);
  EXPECT_TRUE(
      is_close(learning.model.target_parameters().flat(), before + 0.01 * (online - before), 1e-6));
}

TEST(Learner, WeightsScaleWhatASliceContributes) {
  LearnerBatch batch = random_batch(1);
  batch.weight = torch::zeros({kBatch});
  batch.weight[3] = 0.5;
  Learning learning;
  const UpdateResult result = learning.update(batch);
  const Tensor slice = 20 * result.slice_consistency + 0.1 * result.slice_reward +
                       0.1 * result.slice_value + result.slice_termination;
  EXPECT_NEAR(result.total_loss.item<double>(), 0.5 * slice[3].item<double>() / kBatch, 1e-6);
}

TEST(Learner, PrioritiesAreUnweightedLosses) {
  Learning learning;
  const UpdateResult result = learning.update(random_batch(1));
  EXPECT_TRUE(is_close(result.priorities,
                       result.slice_consistency + result.slice_reward + result.slice_value, 1e-6));
  EXPECT_GT(result.priorities.min().item<double>(), 0.0);
}

// Fresh Q heads are 0, so a target is the rewards alone.
TEST(TdTargets, OfAFreshModelAreTheRewards) {
  const Learning learning;
  const LearnerBatch batch = random_batch(2);
  Rng rng(4, "draws");
  const Tensor next_z = learning.model.encode(batch.observation.narrow(0, 1, kHorizon));
  const Tensor targets = learning.learner.td_targets(next_z, batch.reward, batch.terminated,
                                                     learning.learner.draw(kBatch, kHorizon, rng));
  EXPECT_TRUE(is_close(targets, batch.reward, 1e-5));
}

TEST(TdTargets, SumTheRewardsOfSeveralStepsUpToTheSlicesEnd) {
  Tdmpc2Config config = tiny_config();
  config.learner.n_step = 2;
  const Learning learning(config);
  const LearnerBatch batch = random_batch(2);
  Rng rng(4, "draws");
  const Tensor next_z = learning.model.encode(batch.observation.narrow(0, 1, kHorizon));
  const Tensor targets = learning.learner.td_targets(next_z, batch.reward, batch.terminated,
                                                     learning.learner.draw(kBatch, kHorizon, rng));
  const Tensor& r = batch.reward;
  EXPECT_TRUE(is_close(
      targets, torch::stack({r[0] + kDiscount * r[1], r[1] + kDiscount * r[2], r[2]}), 1e-5));
}

TEST(TdTargets, BootstrapFromTheSmallerOfTwoTargetsUnlessTheEpisodeEnded) {
  Learning learning;
  fill_with_noise(learning.model.target_parameters(), 0.5f, learning.rng);
  const torch::NoGradGuard no_grad;
  LearnerBatch batch = random_batch(2);
  UpdateDraws draws = learning.learner.draw(kBatch, kHorizon, learning.rng);
  draws.target_members = torch::tensor({4, 1});
  const Tensor next_z = learning.model.encode(batch.observation.narrow(0, 1, kHorizon));
  const Tensor action = learning.model.sample_policy(next_z, draws.target_eps).action;
  const Tensor q = learning.model.q_values(next_z, action, WorldModel::QSet::kTarget);
  const Tensor expected =
      batch.reward + kDiscount * (1 - batch.terminated) * torch::minimum(q[4], q[1]);
  EXPECT_TRUE(is_close(learning.learner.td_targets(next_z, batch.reward, batch.terminated, draws),
                       expected, 1e-5));
}

TEST(Learner, RefusesABatchWithoutTheLastObservation) {
  Learning learning;
  LearnerBatch batch = random_batch(1);
  batch.observation = batch.observation.narrow(0, 0, kHorizon);
  EXPECT_THROW(learning.update(batch), ContractViolation);
}

TEST(UpdateDraws, HoldDropoutMasksWhereTheyAreUsed) {
  Tdmpc2Config config = tiny_config();
  config.model.dropout = 0.5;
  Rng rng(5, "draws");
  const UpdateDraws official = Learning(config).learner.draw(kBatch, kHorizon, rng);
  EXPECT_EQ(official.q_dropout_mask.sizes(), at::IntArrayRef({5, kHorizon * kBatch, 16}));
  EXPECT_EQ(official.policy_dropout_mask.sizes(), at::IntArrayRef({2, 4 * kBatch, 16}));
  EXPECT_FALSE(official.target_dropout_mask.defined());
  config.learner.policy_q = "all";
  config.learner.target_dropout = true;
  const UpdateDraws hockey = Learning(config).learner.draw(kBatch, kHorizon, rng);
  EXPECT_EQ(hockey.policy_dropout_mask.sizes(), at::IntArrayRef({5, 4 * kBatch, 16}));
  EXPECT_EQ(hockey.target_dropout_mask.sizes(), at::IntArrayRef({2, kHorizon * kBatch, 16}));
  EXPECT_FALSE(hockey.policy_members.defined());
  config.model.dropout = 0.0;
  EXPECT_FALSE(Learning(config).learner.draw(kBatch, kHorizon, rng).q_dropout_mask.defined());
}

TEST(UpdateDraws, DropoutInTargetsActsOnEveryNumberOfSteps) {
  Tdmpc2Config config = tiny_config();
  config.model.dropout = 0.5;
  config.learner.target_dropout = true;
  for (const std::int64_t n_step : {1, 2}) {
    config.learner.n_step = n_step;
    Learning learning(config);
    fill_with_noise(learning.model.target_parameters(), 0.5f, learning.rng);
    const LearnerBatch batch = random_batch(2);
    UpdateDraws draws = learning.learner.draw(kBatch, kHorizon, learning.rng);
    const torch::NoGradGuard no_grad;
    const Tensor next_z = learning.model.encode(batch.observation.narrow(0, 1, kHorizon));
    const auto targets = [&] {
      return learning.learner.td_targets(next_z, batch.reward, torch::zeros_like(batch.reward),
                                         draws);
    };
    const Tensor with = targets();
    draws.target_dropout_mask = Tensor();
    EXPECT_GT((with - targets()).abs().amax({1, 2}).min().item<double>(), 1e-3) << n_step;
  }
}

TEST(TerminationStatistics, OfHandValues) {
  const Tensor probability = torch::tensor({0.9f, 0.8f, 0.2f, 0.6f, 0.4f});
  const Tensor target = torch::tensor({1.0f, 0.0f, 0.0f, 1.0f, 1.0f});
  const auto statistics = termination_statistics(probability, target);
  EXPECT_NEAR(statistics.rate.item<double>(), 0.6, 1e-6);
  EXPECT_NEAR(statistics.f1.item<double>(), 2.0 / 3.0, 1e-6);  // precision and recall 2/3
}

TEST(TerminationStatistics, WithoutAnyEndIsZeroNotANan) {
  const auto statistics = termination_statistics(torch::zeros({4}), torch::zeros({4}));
  EXPECT_EQ(statistics.rate.item<double>(), 0.0);
  EXPECT_EQ(statistics.f1.item<double>(), 0.0);
}

}  // namespace
}  // namespace foresight
