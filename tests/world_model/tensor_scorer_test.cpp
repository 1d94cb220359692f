#include "world_model/tdmpc2/tensor_scorer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "world_model/score_inputs.h"
#include "world_model/small_models.h"

namespace foresight {
namespace {

constexpr double kDiscount = 0.9;

Tensor start_latents(const WorldModel& model, std::int64_t num_envs) {
  Rng rng(8, "start");
  return model.encode(random_normal({num_envs, kSmallObservation}, rng)).detach();
}

// The value of one sequence, one step after the other as the paper writes it.
// z [1, Z], actions [H, 1, A], eps [1, A].
double value_by_hand(const WorldModel& model, const SequenceValueConfig& config, Tensor z,
                     const Tensor& actions, const Tensor& eps, const Tensor& q_pair) {
  double total = 0.0;
  double discount = 1.0;
  double ended = 0.0;
  for (const Tensor& action : actions.unbind(0)) {
    const Tensor next_z = model.next(z, action);
    total += discount * (1.0 - ended) * model.reward(z, action).item<double>();
    discount *= kDiscount;
    if (model.termination_input() != TerminationInput::kNone) {
      const double end = model.termination_logit(z, action, next_z).sigmoid().item<double>();
      ended = std::min(1.0, ended + (config.end == "probability" ? end : end > 0.5 ? 1.0 : 0.0));
    }
    z = next_z;
  }
  const Tensor last_action =
      config.last_action == "mean" ? model.mean_action(z) : model.sample_policy(z, eps).action;
  const auto set =
      config.last_q == "target" ? WorldModel::QSet::kTarget : WorldModel::QSet::kOnline;
  const Tensor q = model.q_values(z, last_action, set, q_pair);
  return total + discount * (1.0 - ended) * q.mean().item<double>();
}

TEST(TensorScorer, ValuesSequencesAsTheFormulaSays) {
  const torch::NoGradGuard no_grad;
  for (const char* termination : {"none", "latent", "latent_action"}) {
    for (const bool is_hockey : {false, true}) {
      Tdmpc2ModelConfig model_config;
      model_config.termination = termination;
      const WorldModel model = noisy_model(model_config, 3);
      SequenceValueConfig config;
      if (is_hockey) config = {.end = "probability", .last_action = "mean", .last_q = "target"};
      TensorScorer scorer(model, config, kDiscount);
      const ScoreInputs inputs({}, 1);
      const Tensor z0 = start_latents(model, 2);
      const Tensor value = score_with(scorer, z0, inputs);
      ASSERT_EQ(value.sizes(), at::IntArrayRef({2, 8}));
      const Tensor all = torch::cat({inputs.proposals, inputs.samples}, 2);
      for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t n = 0; n < 8; ++n) {
          const double expected =
              value_by_hand(model, config, z0.narrow(0, b, 1), all.select(1, b).narrow(1, n, 1),
                            inputs.draws.policy_eps[b].narrow(0, n, 1), inputs.draws.q_pair);
          EXPECT_NEAR(value[b][n].item<double>(), expected,
                      1e-4 * std::max(1.0, std::abs(expected)))
              << termination << (is_hockey ? ", hockey" : ", official");
        }
      }
    }
  }
}

TEST(TensorScorer, ScoresABatchAsItScoresEachAlone) {
  const WorldModel model = noisy_model({}, 3);
  TensorScorer scorer(model, {}, kDiscount);
  const ScoreInputs inputs({.num_envs = 3}, 2);
  const Tensor z0 = start_latents(model, 3);
  const Tensor together = score_with(scorer, z0, inputs);
  for (std::int64_t b = 0; b < 3; ++b) {
    scorer.begin(z0.narrow(0, b, 1), inputs.proposals.narrow(1, b, 1));
    const Tensor alone = scorer.score(
        inputs.samples.narrow(1, b, 1),
        {.policy_eps = inputs.draws.policy_eps.narrow(0, b, 1), .q_pair = inputs.draws.q_pair});
    EXPECT_TRUE(is_close(together.narrow(0, b, 1), alone, 1e-5));
  }
}

TEST(TensorScorer, ValuesProposalsLikeSamples) {
  const WorldModel model = noisy_model({}, 3);
  TensorScorer scorer(model, {}, kDiscount);
  const ScoreInputs inputs({}, 3);
  const Tensor z0 = start_latents(model, 2);
  const Tensor expected = score_with(scorer, z0, inputs);
  scorer.begin(z0, inputs.proposals.narrow(2, 0, 0));
  const Tensor value =
      scorer.score(torch::cat({inputs.proposals, inputs.samples}, 2), inputs.draws);
  EXPECT_TRUE(is_close(value, expected, 1e-5));
}

TEST(TensorScorer, ProposesByActingInTheModel) {
  const torch::NoGradGuard no_grad;
  const WorldModel model = noisy_model({}, 3);
  TensorScorer scorer(model, {}, kDiscount);
  Rng rng(9, "eps");
  const Tensor eps = random_normal({3, 2, 4, kSmallAction}, rng);
  const Tensor z0 = start_latents(model, 2);
  const Tensor actions = scorer.propose(z0, eps);
  Tensor z = z0.narrow(0, 1, 1);
  for (std::int64_t t = 0; t < 3; ++t) {
    const Tensor action = actions[t][1].narrow(0, 2, 1);  // [1, A]
    const Tensor noise = eps[t][1].narrow(0, 2, 1);
    EXPECT_TRUE(is_close(action, model.sample_policy(z, noise).action, 1e-5));
    z = model.next(z, action);
  }
}

TEST(TensorScorer, ActsByThePolicysMeanOrASample) {
  const torch::NoGradGuard no_grad;
  const WorldModel model = noisy_model({}, 3);
  TensorScorer scorer(model, {}, kDiscount);
  Rng rng(9, "eps");
  const Tensor eps = random_normal({2, kSmallAction}, rng);
  const Tensor z = start_latents(model, 2);
  EXPECT_TRUE(has_same_bits(scorer.act(z, {}), model.mean_action(z)));
  EXPECT_TRUE(has_same_bits(scorer.act(z, eps), model.sample_policy(z, eps).action));
}

TEST(TensorScorer, RefusesToScoreBeforeItBegan) {
  const WorldModel model = noisy_model({}, 3);
  TensorScorer scorer(model, {}, kDiscount);
  const ScoreInputs inputs({}, 4);
  EXPECT_THROW(scorer.score(inputs.samples, inputs.draws), ContractViolation);
}

}  // namespace
}  // namespace foresight
