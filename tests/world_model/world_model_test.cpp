#include "world_model/tdmpc2/world_model.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "nn/tensors.h"
#include "world_model/small_models.h"

namespace foresight {
namespace {

std::map<std::string, std::int64_t> counts_of(const WorldModel& model) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& network : model.networks()) counts[network.name] = network.parameters;
  return counts;
}

WorldModel on_cpu(const Tdmpc2ModelConfig& config, std::int64_t observation_dim,
                  std::int64_t action_dim) {
  return {config, observation_dim, action_dim, torch::kCPU, /*seed=*/1};
}

using Counts = std::map<std::string, std::int64_t>;

TEST(WorldModelSizes, AreThoseOfTheOfficialFiveMillionAgent) {
  const WorldModel model = on_cpu({}, 24, 6);
  EXPECT_EQ(counts_of(model), (Counts{{"encoder", 139'520},
                                      {"dynamics", 794'112},
                                      {"reward", 582'245},
                                      {"policy", 533'516},
                                      {"Q ensemble of 5", 2'911'225}}));
  EXPECT_EQ(model.model_parameters().size() + model.policy_parameters().size(), 4'960'618);
  EXPECT_EQ(model.target_parameters().size(), 2'911'225);
}

TEST(WorldModelSizes, GrowByTheEndPredictorOfAnEpisodicAgent) {
  Tdmpc2ModelConfig config;
  config.termination = "latent";
  const WorldModel model = on_cpu(config, 24, 6);
  EXPECT_EQ(counts_of(model).at("termination"), 527'873);
  EXPECT_EQ(model.model_parameters().size() + model.policy_parameters().size(), 5'488'491);
}

TEST(WorldModelSizes, AreThoseOfTheOfficialOneMillionAgent) {
  Tdmpc2ModelConfig config;
  config.latent_dim = 128;
  config.num_q = 2;
  for (auto* hidden :
       {&config.dynamics_hidden, &config.reward_hidden, &config.policy_hidden, &config.q_hidden}) {
    *hidden = {384, 384};
  }
  EXPECT_EQ(counts_of(on_cpu(config, 39, 4)), (Counts{{"encoder", 43'904},
                                                      {"dynamics", 249'984},
                                                      {"reward", 239'333},
                                                      {"policy", 201'992},
                                                      {"Q ensemble of 2", 478'666}}));
}

TEST(WorldModelSizes, FollowAWidth) {
  Tdmpc2ModelConfig config;
  config.reward_hidden = {100, 40};
  const auto counts = counts_of(on_cpu(config, 24, 6));
  // Weights, bias, norm scale and shift of two layers from 518 inputs; 101 bins.
  EXPECT_EQ(counts.at("reward"), (518 * 100 + 300) + (100 * 40 + 120) + (40 * 101 + 101));
  EXPECT_EQ(counts.at("dynamics"), 794'112);
}

TEST(WorldModel, StartsWithRewardsAndValuesOfZero) {
  const WorldModel model = small_model({}, 1);
  Rng rng(2, "inputs");
  const Tensor z = model.encode(random_normal({20, kSmallObservation}, rng));
  const Tensor action = random_normal({20, kSmallAction}, rng).tanh();
  EXPECT_LT(model.reward(z, action).abs().max().item<double>(), 1e-5);
  for (const auto set : {WorldModel::QSet::kOnline, WorldModel::QSet::kTarget}) {
    EXPECT_LT(model.q_values(z, action, set).abs().max().item<double>(), 1e-5);
  }
}

TEST(WorldModel, LatentStatesAreSimplices) {
  for (const bool encoder_norm : {true, false}) {
    Tdmpc2ModelConfig config;
    config.encoder_norm = encoder_norm;
    const WorldModel model = noisy_model(config, 1);
    Rng rng(3, "inputs");
    const Tensor z = model.encode(random_normal({4, 3, kSmallObservation}, rng));
    const Tensor next = model.next(z, random_normal({4, 3, kSmallAction}, rng));
    for (const Tensor& latent : {z, next}) {
      EXPECT_TRUE(is_close(latent.unflatten(-1, {-1, 8}).sum(-1), torch::ones({4, 3, 2}), 1e-5));
    }
  }
}

TEST(WorldModel, TargetStartsAsACopyOfQ) {
  const WorldModel model = small_model({}, 1);
  const auto [offset, length] = model.model_parameters().range_of("q.");
  EXPECT_TRUE(has_same_bits(model.target_parameters().flat(),
                            model.model_parameters().flat().narrow(0, offset, length)));
}

TEST(WorldModel, TargetMayStartFromTorchsDefault) {
  Tdmpc2ModelConfig config;
  config.target_init = "torch_default";
  const WorldModel model = small_model(config, 1);
  for (const auto& entry : model.target_parameters().entries()) {
    const bool is_norm = entry.name.find(".norm.") != std::string::npos;
    if (is_norm) continue;
    // Uniform in +-1/sqrt(fan_in): so is its largest entry, but for chance.
    const double bound = 1.0 / std::sqrt(static_cast<double>(entry.fan_in));
    const double largest = entry.value.abs().max().item<double>();
    EXPECT_LE(largest, bound + 1e-6) << entry.name;
    EXPECT_GT(largest, 0.5 * bound) << entry.name;
  }
}

TEST(WorldModel, TargetMovesByItsShareTowardsQ) {
  WorldModel model = noisy_model({}, 1);
  const Tensor before = model.target_parameters().flat().clone();
  const auto [offset, length] = model.model_parameters().range_of("q.");
  const Tensor online = model.model_parameters().flat().narrow(0, offset, length).clone();
  model.update_target(0.25);
  EXPECT_TRUE(is_close(model.target_parameters().flat(), before + 0.25 * (online - before), 1e-6));
  model.copy_q_to_target();
  EXPECT_TRUE(has_same_bits(model.target_parameters().flat(), online));
}

TEST(WorldModel, IsTheSameFromTheSameSeedAndAnotherFromAnother) {
  const WorldModel first = small_model({}, 1);
  const WorldModel second = small_model({}, 1);
  const WorldModel other = small_model({}, 2);
  EXPECT_TRUE(has_same_bits(first.model_parameters().flat(), second.model_parameters().flat()));
  EXPECT_TRUE(has_same_bits(first.policy_parameters().flat(), second.policy_parameters().flat()));
  EXPECT_FALSE(torch::equal(first.policy_parameters().flat(), other.policy_parameters().flat()));
}

TEST(WorldModel, EndPredictorReadsWhatItIsToldTo) {
  Rng rng(4, "inputs");
  const Tensor z = random_normal({5, 16}, rng);
  const Tensor next_z = random_normal({5, 16}, rng);
  const Tensor action = random_normal({5, kSmallAction}, rng);
  Tdmpc2ModelConfig config;
  config.termination = "latent";
  const WorldModel on_latent = noisy_model(config, 1);
  EXPECT_TRUE(has_same_bits(on_latent.termination_logit(z, action, next_z),
                            on_latent.termination_logit(2 * z, 2 * action, next_z)));
  config.termination = "latent_action";
  const WorldModel on_both = noisy_model(config, 1);
  EXPECT_TRUE(has_same_bits(on_both.termination_logit(z, action, next_z),
                            on_both.termination_logit(z, action, 2 * next_z)));
  EXPECT_FALSE(torch::equal(on_both.termination_logit(z, action, next_z),
                            on_both.termination_logit(z, 2 * action, next_z)));
  EXPECT_THROW(noisy_model({}, 1).termination_logit(z, action, next_z), ContractViolation);
}

TEST(WorldModel, FrozenQEqualsOnlineAndTargetIsItsOwn) {
  const WorldModel model = noisy_model({}, 1);
  Rng rng(5, "inputs");
  const Tensor z = random_normal({5, 16}, rng);
  const Tensor action = random_normal({5, kSmallAction}, rng);
  const auto logits = [&](WorldModel::QSet set) { return model.q_logits(z, action, set).detach(); };
  EXPECT_TRUE(has_same_bits(logits(WorldModel::QSet::kFrozen), logits(WorldModel::QSet::kOnline)));
  EXPECT_FALSE(torch::equal(logits(WorldModel::QSet::kTarget), logits(WorldModel::QSet::kOnline)));
}

TEST(WorldModel, SeparateHeadsMakeTheSameKindOfPolicy) {
  for (const char* heads : {"joint", "separate"}) {
    Tdmpc2ModelConfig config;
    config.policy_heads = heads;
    config.log_std = "clamp";
    config.log_std_min = -1.0;
    config.log_std_max = 0.5;
    const WorldModel model = noisy_model(config, 1);
    Rng rng(6, "inputs");
    const auto output = model.policy(random_normal({50, 16}, rng));
    EXPECT_EQ(output.mean.sizes(), at::IntArrayRef({50, kSmallAction}));
    EXPECT_EQ(output.log_std.min().item<float>(), -1.0f) << heads;
    EXPECT_EQ(output.log_std.max().item<float>(), 0.5f) << heads;
  }
}

TEST(WorldModel, DescribesDropoutWhereItActs) {
  Tdmpc2ModelConfig config;
  config.dropout = 0.25;
  const auto first_q_layer = [&] { return small_model(config, 1).networks()[3].layers.front(); };
  EXPECT_EQ(first_q_layer(), "Linear 19 -> 22, Dropout 0.25, LayerNorm, Mish");
  config.dropout_place = "after_norm";
  EXPECT_EQ(first_q_layer(), "Linear 19 -> 22, LayerNorm, Dropout 0.25, Mish");
}

TEST(WorldModel, NamesEveryTensorOnce) {
  const WorldModel model = small_model({}, 1);
  std::map<std::string, int> seen;
  std::int64_t count = 0;
  model.for_each_tensor([&](const std::string& name, const Tensor& tensor) {
    ++seen[name];
    count += tensor.numel();
  });
  for (const auto& [name, times] : seen) EXPECT_EQ(times, 1) << name;
  EXPECT_TRUE(seen.contains("encoder.0.weight"));
  EXPECT_TRUE(seen.contains("target_q.0.norm.bias"));
  EXPECT_EQ(count, model.model_parameters().size() + model.policy_parameters().size() +
                       model.target_parameters().size());
}

}  // namespace
}  // namespace foresight
