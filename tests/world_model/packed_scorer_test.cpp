// The fast scorer against the plain one, which defines the meaning.
#include "world_model/tdmpc2/packed_scorer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "world_model/score_inputs.h"
#include "world_model/small_models.h"

namespace foresight {
namespace {

constexpr double kDiscount = 0.9;
constexpr double kTolerance = 1e-4;  // other summation orders and another exp, over many layers

struct Case {
  std::string name;
  Tdmpc2ModelConfig model;
  SequenceValueConfig value;
  ScoreShape shape;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

Case named(const std::string& name) { return {.name = name}; }

std::vector<Case> cases() {
  std::vector<Case> all{named("Official")};
  for (const char* input : {"latent", "latent_action"}) {
    for (const char* end : {"threshold", "probability"}) {
      for (const char* network : {"normed", "relu"}) {
        Case c = named(fmt::format("End_{}_{}_{}", input, end, network));
        c.model.termination = input;
        c.model.termination_network = network;
        c.value.end = end;
        all.push_back(c);
      }
    }
  }
  Case mean = named("MeanLastAction");
  mean.value.last_action = "mean";
  all.push_back(mean);
  Case target = named("TargetQ");
  target.value.last_q = "target";
  all.push_back(target);
  Case separate = named("SeparateHeads");
  separate.model.policy_heads = "separate";
  all.push_back(separate);
  Case clamp = named("ClampedLogStd");
  clamp.model.log_std = "clamp";
  clamp.model.log_std_min = -2.0;
  clamp.model.log_std_max = 0.5;
  all.push_back(clamp);
  Case plain_encoder = named("EncoderWithoutNorm");
  plain_encoder.model.encoder_norm = false;
  all.push_back(plain_encoder);
  Case dropout = named("DropoutMask");
  dropout.model.dropout_place = "after_norm";
  dropout.shape.dropout_dim = 22;
  all.push_back(dropout);
  Case many = named("MoreRowsThanATile");
  many.shape = {.num_envs = 3, .num_proposals = 7, .num_samples = 150, .horizon = 4};
  all.push_back(many);
  Case alone = named("NoProposalsOneStep");
  alone.shape = {.num_envs = 1, .num_proposals = 0, .num_samples = 9, .horizon = 1};
  all.push_back(alone);
  Case hockey = named("Hockey");
  hockey.model.termination = "latent_action";
  hockey.model.termination_network = "relu";
  hockey.model.policy_heads = "separate";
  hockey.model.encoder_norm = false;
  hockey.model.dropout_place = "after_norm";
  hockey.value = {.end = "probability", .last_action = "mean", .last_q = "target"};
  hockey.shape = {
      .num_envs = 2, .num_proposals = 24, .num_samples = 77, .horizon = 5, .dropout_dim = 22};
  all.push_back(hockey);
  for (const char* heads : {"joint", "separate"}) {
    for (const char* input : {"latent", "latent_action"}) {
      Case opponents = hockey;
      opponents.name = fmt::format("Opponents_{}_{}", heads, input);
      opponents.model.policy_heads = heads;
      opponents.model.termination = input;
      opponents.model.num_opponents = 3;
      all.push_back(opponents);
    }
  }
  return all;
}

class PackedScorerCase : public testing::TestWithParam<Case> {
 protected:
  PackedScorerCase()
      : model_(noisy_model(GetParam().model, 11)),
        plain_(model_, GetParam().value, kDiscount),
        packed_(model_, GetParam().value, kDiscount, {.num_threads = 2}) {}

  Tensor observations() const {
    Rng rng(12, "observations");
    return random_normal({GetParam().shape.num_envs, kSmallObservation}, rng);
  }
  // Both scorers answer everything alike.
  void expect_equal() {
    const torch::NoGradGuard no_grad;
    const ScoreShape& shape = GetParam().shape;
    const Tensor z = plain_.encode(observations());
    EXPECT_TRUE(is_close(packed_.encode(observations()), z, kTolerance));

    if (model_.opponents().size() > 0) set_opponents();
    Rng rng(13, "eps");
    const Tensor eps =
        random_normal({shape.horizon, shape.num_envs, shape.num_proposals, kSmallAction}, rng);
    EXPECT_TRUE(is_close(packed_.propose(z, eps), plain_.propose(z, eps), kTolerance));

    ScoreInputs inputs(shape, 14);
    if (GetParam().value.last_action == "mean") inputs.draws.policy_eps = Tensor();
    EXPECT_TRUE(
        is_close(score_with(packed_, z, inputs), score_with(plain_, z, inputs), kTolerance));

    const Tensor policy_eps = random_normal({shape.num_envs, kSmallAction}, rng);
    EXPECT_TRUE(is_close(packed_.act(z, policy_eps), plain_.act(z, policy_eps), kTolerance));
    EXPECT_TRUE(is_close(packed_.act(z, {}), plain_.act(z, {}), kTolerance));
  }

  void set_opponents() {
    const ScoreShape& shape = GetParam().shape;
    const auto draw = [&](std::int64_t count) {
      const Tensor noise = random_normal({shape.num_envs, count}, opponent_rng_);
      return (noise.abs() * 3.0).to(torch::kLong).clamp_max(model_.opponents().size() - 1);
    };
    const ImaginedOpponents opponents{draw(shape.num_proposals),
                                      draw(shape.num_proposals + shape.num_samples)};
    plain_.set_opponents(opponents);
    packed_.set_opponents(opponents);
  }

  WorldModel model_;
  TensorScorer plain_;
  PackedScorer packed_;
  Rng opponent_rng_{19, "opponents"};
};

TEST_P(PackedScorerCase, EqualsTheTensorScorer) { expect_equal(); }

TEST_P(PackedScorerCase, FollowsNewWeightsWhenPackedAgain) {
  const Tensor old_action = packed_.act(plain_.encode(observations()), {});
  add_noise(model_, 21);
  packed_.pack();
  expect_equal();
  EXPECT_FALSE(is_close(packed_.act(plain_.encode(observations()), {}), old_action, 0.01));
}

INSTANTIATE_TEST_SUITE_P(All, PackedScorerCase, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(PackedScorer, LetsOpponentsDoNothingWhereNoneIsNamed) {
  Tdmpc2ModelConfig config;
  config.num_opponents = 2;
  const WorldModel model = noisy_model(config, 11);
  TensorScorer plain(model, {}, kDiscount);
  PackedScorer packed(model, {}, kDiscount, {.num_threads = 1});
  const ScoreInputs inputs({.num_envs = 2, .num_samples = 40}, 16);
  Rng rng(17, "observations");
  const torch::NoGradGuard no_grad;
  const Tensor z = plain.encode(random_normal({2, kSmallObservation}, rng));
  const Tensor nobody = score_with(packed, z, inputs);
  EXPECT_TRUE(is_close(nobody, score_with(plain, z, inputs), kTolerance));

  const Tensor first = torch::zeros({2, 43}, torch::kLong);
  packed.set_opponents({first.narrow(1, 0, 3), first});
  EXPECT_FALSE(is_close(score_with(packed, z, inputs), nobody, 0.01)) << "opponents are ignored";
}

TEST(PackedScorer, TakesTensorsThatAreNotContiguous) {
  const WorldModel model = noisy_model({}, 11);
  PackedScorer packed(model, {}, kDiscount, {.num_threads = 1});
  Rng rng(15, "observations");
  const Tensor observations = random_normal({kSmallObservation, 4}, rng).t();
  EXPECT_TRUE(has_same_bits(packed.encode(observations), packed.encode(observations.contiguous())));
}

TEST(PackedScorer, GivesTheSameBitsForAnyNumberOfThreads) {
  const WorldModel model = noisy_model({}, 11);
  PackedScorer one(model, {}, kDiscount, {.num_threads = 1});
  PackedScorer two(model, {}, kDiscount, {.num_threads = 2});
  const ScoreInputs inputs({.num_envs = 2, .num_samples = 200}, 16);
  Rng rng(17, "observations");
  const Tensor z = one.encode(random_normal({2, kSmallObservation}, rng));
  EXPECT_TRUE(has_same_bits(score_with(one, z, inputs), score_with(two, z, inputs)));
}

}  // namespace
}  // namespace foresight
