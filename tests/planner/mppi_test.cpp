#include "planner/mppi.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "nn/tensors.h"
#include "planner/linear_latent_model.h"

namespace foresight {
namespace {

constexpr std::int64_t kEnvs = 3;
constexpr std::int64_t kActionDim = 2;

MppiConfig small_config() {
  MppiConfig config;
  config.horizon = 4;
  config.num_samples = 48;
  config.num_elites = 8;
  config.num_policy_samples = 6;
  config.iterations = 3;
  return config;
}

LinearLatentModel model_with_policy() {
  return LinearLatentModel({.discount = 0.9, .policy_gain = 0.5, .policy_std = 0.4});
}

MppiDraws draws_for(const MppiConfig& config, std::uint64_t seed, bool explore = true,
                    std::int64_t num_envs = kEnvs, std::int64_t action_dim = kActionDim) {
  Rng rng(seed, "planner");
  return draw_mppi(config,
                   {.num_envs = num_envs, .action_dim = action_dim, .num_q = 2, .explore = explore},
                   rng);
}

Tensor start_state(std::uint64_t seed = 5) {
  Rng rng(seed, "start");
  return random_normal({kEnvs, kActionDim}, rng);
}

Tensor zero_mean(const MppiConfig& config) {
  return torch::zeros({config.horizon, kEnvs, kActionDim});
}

// The part of the draws that belongs to one of the environments.
MppiDraws draws_of_env(const MppiDraws& draws, std::int64_t env) {
  MppiDraws part;
  part.policy_eps = draws.policy_eps.narrow(1, env, 1);
  part.noise = draws.noise.narrow(2, env, 1);
  part.exponential = draws.exponential.narrow(0, env, 1);
  part.final_noise = draws.final_noise.narrow(0, env, 1);
  for (const ScoreDraws& score : draws.score) {
    part.score.push_back(
        {.policy_eps = score.policy_eps.narrow(0, env, 1), .q_pair = score.q_pair});
  }
  return part;
}

TEST(MppiPlanner, KeepsActionsInsideBounds) {
  MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  std::vector<MppiIteration> trace;
  const MppiPlan plan = MppiPlanner(config).plan(model, 10 * start_state(), zero_mean(config),
                                                 draws_for(config, 1), &trace);
  ASSERT_EQ(std::ssize(trace), config.iterations);
  for (const MppiIteration& iteration : trace) {
    EXPECT_LE(iteration.actions.abs().max().item<float>(), 1.0f);
    EXPECT_LE(iteration.mean.abs().max().item<float>(), 1.0f + 1e-6f);  // a rounded average
  }
  EXPECT_LE(plan.action.abs().max().item<float>(), 1.0f);
}

// The best action sequence of LinearLatentModel for one dimension and no policy: the minimum of
// sum_t w_t (z0 + s (a_0 + .. + a_t))^2 + c |a|^2, where the last state counts twice.
Tensor best_sequence(double z0, std::int64_t horizon, const LinearLatentModelConfig& model) {
  const auto options = torch::TensorOptions(torch::kDouble);
  const Tensor sum = torch::ones({horizon, horizon}, options).tril() * model.step_size;
  Tensor weight = torch::ones({horizon}, options);
  weight[horizon - 1] = 2.0;
  const Tensor weighted = sum.t().matmul(weight.diag());
  const Tensor matrix = weighted.matmul(sum) + model.action_cost * torch::eye(horizon, options);
  const Tensor right = -z0 * weighted.matmul(torch::ones({horizon}, options));
  return torch::linalg_solve(matrix, right);
}

TEST(MppiPlanner, FindsTheOptimumOfAQuadraticValue) {
  const LinearLatentModelConfig model_config;
  LinearLatentModel model(model_config);
  MppiConfig config;
  config.horizon = 3;
  config.iterations = 12;
  config.min_std = 0.01;
  config.inverse_temperature = 50.0;
  const Tensor best = best_sequence(0.4, config.horizon, model_config);
  ASSERT_LT(best.abs().max().item<double>(), 1.0);
  ASSERT_LT(best[0].item<double>(), -0.4);
  const MppiPlan plan = MppiPlanner(config).plan(
      model, torch::full({1, 1}, 0.4f), torch::zeros({3, 1, 1}),
      draws_for(config, 2, /*explore=*/false, /*num_envs=*/1, /*action_dim=*/1));
  EXPECT_TRUE(is_close(plan.mean.flatten(), best, 0.02));
  EXPECT_TRUE(is_close(plan.action.flatten(), best.narrow(0, 0, 1), 0.05));
}

TEST(MppiPlanner, PlansABatchAsItPlansEachAlone) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const MppiPlanner planner(config);
  const MppiDraws draws = draws_for(config, 3);
  const Tensor z0 = start_state();
  Rng rng(4, "mean");
  const Tensor mean = 0.3 * random_normal({config.horizon, kEnvs, kActionDim}, rng);
  const MppiPlan together = planner.plan(model, z0, mean, draws);
  for (std::int64_t env = 0; env < kEnvs; ++env) {
    const MppiPlan alone =
        planner.plan(model, z0.narrow(0, env, 1), mean.narrow(1, env, 1), draws_of_env(draws, env));
    EXPECT_TRUE(is_close(together.action.narrow(0, env, 1), alone.action, 1e-6));
    EXPECT_TRUE(is_close(together.mean.narrow(1, env, 1), alone.mean, 1e-6));
    EXPECT_TRUE(is_close(together.std.narrow(1, env, 1), alone.std, 1e-6));
    EXPECT_TRUE(is_close(together.elite_value.narrow(0, env, 1), alone.elite_value, 1e-6));
    EXPECT_EQ(together.chosen[env].item<std::int64_t>(), alone.chosen.item<std::int64_t>());
  }
}

TEST(MppiPlanner, GivesTheSamePlanForTheSameDrawsAndAnotherForOthers) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const auto plan = [&](std::uint64_t seed) {
    return MppiPlanner(config).plan(model, start_state(), zero_mean(config),
                                    draws_for(config, seed));
  };
  EXPECT_TRUE(has_same_bits(plan(1).action, plan(1).action));
  EXPECT_TRUE(has_same_bits(plan(1).mean, plan(1).mean));
  EXPECT_FALSE(torch::equal(plan(1).action, plan(2).action));
}

TEST(MppiPlanner, WarmStartIsThePreviousMeanOneStepOn) {
  Rng rng(6, "mean");
  const Tensor previous = random_normal({4, 3, 2}, rng);
  const Tensor is_first = torch::tensor({0, 1, 0}, torch::kUInt8);
  const Tensor mean = MppiPlanner::shifted(previous, is_first);
  for (const std::int64_t env : {0, 2}) {
    EXPECT_TRUE(has_same_bits(mean.select(1, env).narrow(0, 0, 3),
                              previous.select(1, env).narrow(0, 1, 3)));
    EXPECT_TRUE(has_same_bits(mean.select(1, env)[3], torch::zeros({2})));
  }
  EXPECT_TRUE(has_same_bits(mean.select(1, 1), torch::zeros({4, 2})));
}

TEST(MppiPlanner, WarmStartOfOneStepIsZero) {
  const Tensor mean =
      MppiPlanner::shifted(torch::ones({1, 2, 2}), torch::zeros({2}, torch::kUInt8));
  EXPECT_TRUE(has_same_bits(mean, torch::zeros({1, 2, 2})));
}

TEST(MppiPlanner, FirstSamplesSpreadWidelyAroundTheStartMean) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const MppiDraws draws = draws_for(config, 7);
  const Tensor mean = torch::full({config.horizon, kEnvs, kActionDim}, 0.25f);
  std::vector<MppiIteration> trace;
  MppiPlanner(config).plan(model, start_state(), mean, draws, &trace);
  const Tensor sampled = trace[0].actions.narrow(2, 6, 42);
  EXPECT_TRUE(is_close(sampled, (0.25 + config.max_std * draws.noise[0]).clamp(-1, 1), 1e-6));
}

TEST(MppiPlanner, PolicyProposalsComeFirstAndNeverChange) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const MppiDraws draws = draws_for(config, 8);
  std::vector<MppiIteration> trace;
  MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws, &trace);
  const Tensor proposals = model.propose(start_state(), draws.policy_eps);
  for (const MppiIteration& iteration : trace) {
    EXPECT_TRUE(has_same_bits(iteration.actions.narrow(2, 0, 6), proposals));
  }
}

TEST(MppiPlanner, WorksWithoutProposalsAndWithOneStep) {
  MppiConfig config = small_config();
  config.num_policy_samples = 0;
  config.horizon = 1;
  LinearLatentModel model = model_with_policy();
  std::vector<MppiIteration> trace;
  MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws_for(config, 9), &trace);
  EXPECT_EQ(trace.back().actions.sizes(), at::IntArrayRef({1, kEnvs, 48, kActionDim}));
}

// Elites, weights, mean and std of one environment, worked out in double precision.
void expect_refitted(const MppiConfig& config, const MppiIteration& it, std::int64_t env) {
  const Tensor value = it.value[env].to(torch::kDouble);
  const auto [elite_value, elite_index] = value.topk(config.num_elites);
  EXPECT_TRUE(torch::equal(elite_index, it.elite_index[env]));
  Tensor weight = (config.inverse_temperature * (elite_value - elite_value[0])).exp();
  weight = weight / weight.sum();
  EXPECT_TRUE(is_close(it.elite_weight[env], weight, 1e-5));
  const Tensor elites =
      it.actions.select(1, env).index_select(1, elite_index).to(torch::kDouble);  // [H, E, A]
  const Tensor mean = (weight.view({1, -1, 1}) * elites).sum(1);
  const Tensor variance = (weight.view({1, -1, 1}) * (elites - mean.unsqueeze(1)).square()).sum(1);
  EXPECT_TRUE(is_close(it.mean.select(1, env), mean, 1e-5));
  EXPECT_TRUE(
      is_close(it.std.select(1, env), variance.sqrt().clamp(config.min_std, config.max_std), 1e-5));
}

TEST(MppiPlanner, RefitsTheGaussianToTheWeightedElites) {
  for (const bool with_epsilon : {false, true}) {
    MppiConfig config = small_config();
    config.normalise_with_epsilon = with_epsilon;
    LinearLatentModel model = model_with_policy();
    std::vector<MppiIteration> trace;
    MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws_for(config, 10),
                             &trace);
    for (const MppiIteration& iteration : trace) {
      for (std::int64_t env = 0; env < kEnvs; ++env) expect_refitted(config, iteration, env);
    }
  }
}

TEST(MppiPlanner, StdStaysInsideItsBounds) {
  MppiConfig config = small_config();
  config.min_std = 0.4;
  config.max_std = 0.45;
  LinearLatentModel model = model_with_policy();
  const MppiPlan plan =
      MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws_for(config, 11));
  EXPECT_GE(plan.std.min().item<float>(), 0.4f);
  EXPECT_LE(plan.std.max().item<float>(), 0.45f);
}

TEST(MppiPlanner, PlaysTheChosenElitesFirstAction) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const MppiPlan plan = MppiPlanner(config).plan(model, start_state(), zero_mean(config),
                                                 draws_for(config, 12, /*explore=*/false));
  for (std::int64_t env = 0; env < kEnvs; ++env) {
    const auto chosen = plan.chosen[env].item<std::int64_t>();
    EXPECT_TRUE(has_same_bits(plan.action[env], plan.elites[0][env][chosen]));
  }
}

TEST(MppiPlanner, ExplorationAddsTheLastStdAndClamps) {
  for (const bool always_clamp : {false, true}) {
    MppiConfig config = small_config();
    config.always_clamp = always_clamp;
    LinearLatentModel model = model_with_policy();
    MppiDraws draws = draws_for(config, 13);
    draws.final_noise *= 8;
    const MppiPlan noisy = MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws);
    const Tensor noise = draws.final_noise;
    draws.final_noise = Tensor();
    const MppiPlan plain = MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws);
    const Tensor sum = plain.action + plain.std[0] * noise;
    ASSERT_GT(sum.abs().max().item<float>(), 1.2f);
    ASSERT_LT(sum.abs().min().item<float>(), 0.9f);
    EXPECT_TRUE(is_close(noisy.action, sum.clamp(-1, 1), 1e-6));
  }
}

// Says "not a number" for one of the samples of each environment.
class BrokenModel : public LinearLatentModel {
 public:
  using LinearLatentModel::LinearLatentModel;
  Tensor score(const Tensor& actions, const ScoreDraws& draws) override {
    Tensor value = LinearLatentModel::score(actions, draws) - 1.0;  // all below 0
    value.select(1, 9).fill_(std::numeric_limits<float>::quiet_NaN());
    return value;
  }
};

TEST(MppiPlanner, ValuesThatAreNotANumberCountAsZeroAndAreCounted) {
  const MppiConfig config = small_config();
  BrokenModel model(LinearLatentModelConfig{});
  std::vector<MppiIteration> trace;
  const MppiPlan plan = MppiPlanner(config).plan(model, start_state(), zero_mean(config),
                                                 draws_for(config, 14), &trace);
  EXPECT_EQ(plan.num_not_finite.item<std::int64_t>(), kEnvs * config.iterations);
  for (const MppiIteration& iteration : trace) {
    EXPECT_TRUE(has_same_bits(iteration.value.select(1, 9), torch::zeros({kEnvs})));
    EXPECT_TRUE(iteration.value.isfinite().all().item<bool>());
    // 0 is above all other values here.
    EXPECT_TRUE(torch::equal(iteration.elite_index.select(1, 0), torch::full({kEnvs}, 9)));
  }
  EXPECT_TRUE(plan.action.isfinite().all().item<bool>());
}

TEST(MppiPlanner, CountsNothingWhenAllValuesAreNumbers) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const MppiPlan plan =
      MppiPlanner(config).plan(model, start_state(), zero_mean(config), draws_for(config, 15));
  EXPECT_EQ(plan.num_not_finite.item<std::int64_t>(), 0);
}

TEST(MppiPlanner, DrawsElitesAsOftenAsTheirWeightsSay) {
  constexpr std::int64_t kMany = 20000;
  MppiConfig config = small_config();
  config.num_samples = 12;
  config.num_elites = 4;
  config.num_policy_samples = 0;
  config.iterations = 1;
  config.inverse_temperature = 0.5;
  LinearLatentModel model({});
  // Everything alike in all environments but the draw among the elites.
  MppiDraws draws = draws_for(config, 16, /*explore=*/false, kMany);
  draws.noise = draws.noise.narrow(2, 0, 1).expand_as(draws.noise);
  std::vector<MppiIteration> trace;
  const MppiPlan plan =
      MppiPlanner(config).plan(model, torch::full({kMany, kActionDim}, 0.5f),
                               torch::zeros({config.horizon, kMany, kActionDim}), draws, &trace);
  const Tensor weight = trace[0].elite_weight[0];
  ASSERT_GT(weight[0].item<double>(), 1.5 * weight[3].item<double>());
  const Tensor frequency = plan.chosen.bincount({}, 4).to(torch::kFloat32) / kMany;
  EXPECT_TRUE(is_close(frequency, weight, 0.015));  // four standard deviations
}

TEST(MppiPlanner, RefusesAStartMeanOfAnotherShape) {
  const MppiConfig config = small_config();
  LinearLatentModel model = model_with_policy();
  const MppiPlanner planner(config);
  const MppiDraws draws = draws_for(config, 17);
  EXPECT_THROW(planner.plan(model, start_state(), torch::zeros({3, kEnvs, kActionDim}), draws),
               ContractViolation);
  EXPECT_THROW(planner.plan(model, start_state(), torch::zeros({4, 1, kActionDim}), draws),
               ContractViolation);
}

}  // namespace
}  // namespace foresight
