// A plan and an update can be recorded as CUDA graphs, as far as that can be told without a CUDA
// device. On tensors without memory (device "meta") every look at a value on the host, and every
// shape that depends on one, is an error; their work is the plain tensor operations of a CUDA
// device.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "agent/host_reads.h"
#include "agent/meta_shapes.h"
#include "agent/tdmpc2/tdmpc2_actor.h"
#include "agent/tiny_agents.h"
#include "nn/captured_body.h"
#include "world_model/tdmpc2/tensor_scorer.h"

namespace foresight {
namespace {

constexpr std::int64_t kBatch = 12;
constexpr std::int64_t kHorizon = 3;
constexpr std::int64_t kGames = 3;
constexpr double kDiscount = 0.9;

struct Variant {
  std::string name;
  Tdmpc2Config config;
  std::int64_t num_opponents = 0;
};

std::vector<Variant> variants() {
  Variant official{.name = "official", .config = tiny_config()};
  Variant hockey{.name = "hockey", .config = tiny_config()};
  auto& config = hockey.config;
  config.model.termination = "latent_action";
  config.model.termination_network = "relu";
  config.model.dropout = 0.1;
  config.model.dropout_place = "after_norm";
  config.model.policy_heads = "separate";
  config.sequence_value = {.end = "probability", .last_action = "mean", .last_q = "target"};
  config.learner.policy_q = "all";
  config.learner.target_dropout = true;
  config.learner.mixed_termination_weights = true;
  config.learner.n_step = 2;
  Variant opponents{.name = "opponents", .config = tiny_config(), .num_opponents = 2};
  return {official, hockey, opponents};
}

WorldModel model_of(const Variant& variant, const torch::Device& device) {
  Tdmpc2ModelConfig config = variant.config.model;
  config.num_opponents = variant.num_opponents;
  return {config, tiny_env().observation_dim, tiny_env().action_dim, device, 1};
}

UpdateInputs update_inputs(const Tdmpc2Learner& learner, Rng& rng) {
  return {.batch = {.observation = random_normal({kHorizon + 1, kBatch, 4}, rng),
                    .action = random_normal({kHorizon, kBatch, 2}, rng).tanh(),
                    .reward = random_normal({kHorizon, kBatch, 1}, rng),
                    .terminated = torch::zeros({kHorizon, kBatch, 1}),
                    .weight = torch::full({kBatch}, 0.5)},
          .draws = learner.draw(kBatch, kHorizon, rng)};
}

PlanInputs plan_inputs(const Variant& variant, Rng& rng) {
  const MppiDrawShape shape{.num_envs = kGames,
                            .action_dim = 2,
                            .num_q = 5,
                            .explore = true,
                            .num_opponents = variant.num_opponents};
  return {.observation = random_normal({kGames, 4}, rng),
          .is_first = torch::zeros({kGames}, torch::kUInt8),
          .previous_mean = torch::zeros({variant.config.planner.horizon, kGames, 2}),
          .draws = draw_mppi(variant.config.planner, shape, rng)};
}

MppiPlan plan_on(TensorScorer& scorer, const MppiConfig& config, const PlanInputs& inputs) {
  return MppiPlanner(config).plan(scorer, scorer.encode(inputs.observation),
                                  MppiPlanner::shifted(inputs.previous_mean, inputs.is_first),
                                  inputs.draws);
}

TEST(Capturable, TheUpdateLooksAtNoValueOnTheHost) {
  for (const Variant& variant : variants()) {
    WorldModel model = model_of(variant, torch::kMeta);
    Tdmpc2Learner learner(model, variant.config.learner, kDiscount);
    CapturedBody<UpdateInputs, UpdateResult> captured(torch::kMeta);
    Rng rng(3, "updates");
    for (int i = 0; i < 2; ++i) {
      learner.count_update();
      captured.run(update_inputs(learner, rng), [&](const UpdateInputs& inputs) {
        const HostReads reads;
        UpdateResult result = learner.apply_update(inputs.batch, inputs.draws);
        EXPECT_EQ(HostReads::names(), std::set<std::string>()) << variant.name;
        return result;
      });
    }
  }
}

TEST(Capturable, ThePlanLooksAtNoValueOnTheHost) {
  for (const Variant& variant : variants()) {
    const WorldModel model = model_of(variant, torch::kMeta);
    for (const MatmulFormat format : {MatmulFormat::kFp32, MatmulFormat::kBf16}) {
      TensorScorer scorer(model, variant.config.sequence_value, kDiscount, format);
      CapturedBody<PlanInputs, MppiPlan> captured(torch::kMeta);
      Rng rng(3, "plans");
      const MppiPlan& plan = captured.run(plan_inputs(variant, rng), [&](const PlanInputs& inputs) {
        const HostReads reads;
        MppiPlan result = plan_on(scorer, variant.config.planner, inputs);
        EXPECT_EQ(HostReads::names(), std::set<std::string>()) << variant.name;
        return result;
      });
      EXPECT_EQ(plan.action.sizes(), at::IntArrayRef({kGames, 2}));
      EXPECT_EQ(plan.num_iterations, variant.config.planner.iterations);
    }
  }
}

// That the test above can see something.
TEST(Capturable, AHostReadIsFound) {
  const Tensor there = torch::zeros({3}, torch::TensorOptions().device(torch::kMeta));
  EXPECT_ANY_THROW(there.sum().item<double>());
  EXPECT_ANY_THROW(there.nonzero());
  const HostReads reads;
  const Tensor sum = there + torch::ones({3}).to(torch::kMeta);
  EXPECT_FALSE(HostReads::names().empty());
}

TEST(Capturable, UpdatesOnPlacesThatStayHaveTheSameBits) {
  for (const Variant& variant : variants()) {
    WorldModel plain_model = model_of(variant, torch::kCPU);
    WorldModel placed_model = model_of(variant, torch::kCPU);
    Tdmpc2Learner plain(plain_model, variant.config.learner, kDiscount);
    Tdmpc2Learner placed(placed_model, variant.config.learner, kDiscount);
    CapturedBody<UpdateInputs, UpdateResult> captured(torch::kCPU);
    Rng plain_rng(3, "updates");
    Rng placed_rng(3, "updates");
    for (int i = 0; i < 4; ++i) {
      const UpdateInputs inputs = update_inputs(plain, plain_rng);
      const UpdateResult expected = plain.update(inputs.batch, inputs.draws);
      placed.count_update();
      const UpdateResult& result = captured.run(
          update_inputs(placed, placed_rng),
          [&](const UpdateInputs& now) { return placed.apply_update(now.batch, now.draws); });
      EXPECT_TRUE(has_same_bits(result.total_loss, expected.total_loss)) << variant.name;
      EXPECT_TRUE(has_same_bits(placed_model.model_parameters().flat(),
                                plain_model.model_parameters().flat()))
          << variant.name << ", update " << i;
    }
    EXPECT_TRUE(has_same_bits(placed_model.policy_parameters().flat(),
                              plain_model.policy_parameters().flat()));
  }
}

TEST(Capturable, PlansOnPlacesThatStayHaveTheSameBits) {
  for (const Variant& variant : variants()) {
    const WorldModel model = model_of(variant, torch::kCPU);
    TensorScorer plain(model, variant.config.sequence_value, kDiscount);
    TensorScorer placed(model, variant.config.sequence_value, kDiscount);
    CapturedBody<PlanInputs, MppiPlan> captured(torch::kCPU);
    Rng rng(3, "plans");
    for (int i = 0; i < 3; ++i) {
      const PlanInputs inputs = plan_inputs(variant, rng);
      const MppiPlan expected = plan_on(plain, variant.config.planner, inputs);
      const MppiPlan& plan = captured.run(inputs, [&](const PlanInputs& now) {
        return plan_on(placed, variant.config.planner, now);
      });
      EXPECT_TRUE(has_same_bits(plan.action, expected.action)) << variant.name;
      EXPECT_TRUE(has_same_bits(plan.mean, expected.mean)) << variant.name;
    }
  }
}

}  // namespace
}  // namespace foresight
