// The whole world model on recorded batches and draws: every activation and loss, every gradient,
// three optimiser steps.
#include <fmt/format.h>

#include "parity/dreamerv2/recording.h"

namespace foresight {
namespace {

class DreamerWorldModel : public testing::TestWithParam<std::string> {
 protected:
  DreamerWorldModel()
      : forward_(GetParam() + "_forward"),
        model_(parameters_, world_config(forward_.config()), world_shape(forward_)) {
    Rng rng(1, "test");
    parameters_.build(torch::kCPU, /*trainable=*/true, rng);
    load_parameters(parameters_, forward_, "param/");
    weights_ = trainable_weights(parameters_);
  }

  WorldBatch batch() const {
    WorldBatch batch{.image = {},
                     .vectors = {},
                     .action = forward_.sequence("in/action"),
                     .reward = forward_.sequence("in/reward"),
                     .is_first = forward_.sequence("in/is_first"),
                     .is_terminal = forward_.sequence("in/is_terminal")};
    if (forward_.contains("in/image")) {
      batch.image = forward_.at("in/image").permute({1, 0, 4, 2, 3});
    }
    std::vector<Tensor> vectors;
    for (const auto& vector : model_.shape().vectors) {
      vectors.push_back(forward_.sequence("in/" + vector.name));
    }
    if (!vectors.empty()) batch.vectors = torch::cat(vectors, -1);
    return batch;
  }
  double discount() const { return forward_.config().at("discount"); }
  WorldModelLoss loss() const {
    return model_.loss(weights_, batch(), recorded_state(forward_, "state/"),
                       forward_.sequence("noise/post"), discount());
  }
  // Ours are [T, B, ...], theirs [B, T, ...].
  void expect_sequence(const Tensor& ours, const std::string& name) const {
    expect_close(ours, forward_.sequence(name), name);
  }
  void expect_stats(const LatentStats& stats, const std::string& prefix) const {
    if (stats.is_discrete()) return expect_sequence(stats.logits, prefix + "logit");
    expect_sequence(stats.mean, prefix + "mean");
    expect_sequence(stats.std, prefix + "std");
  }
  void expect_losses(const WorldModelLoss& loss, const Json& recorded) const {
    const auto check = [&](const Tensor& ours, const std::string& name) {
      ASSERT_EQ(ours.defined(), recorded.contains(name)) << name;
      if (ours.defined()) expect_close(ours.item<double>(), recorded.at(name), name);
    };
    check(loss.kl.loss, "kl_loss");
    check(loss.kl.value.mean(), "model_kl");
    check(loss.sequence.prior.entropy().mean(), "prior_ent");
    check(loss.sequence.posterior.stats.entropy().mean(), "post_ent");
    check(loss.image, "image_loss");
    check(loss.reward, "reward_loss");
    check(loss.discount, "discount_loss");
    for (std::size_t i = 0; i < loss.vectors.size(); ++i) {
      check(loss.vectors[i], model_.shape().vectors[i].name + "_loss");
    }
    check(loss.total, recorded.contains("total_loss") ? "total_loss" : "model_loss");
  }

  Recording forward_;
  ParameterSet parameters_;
  RssmWorldModel model_;
  Weights weights_;
};

TEST_P(DreamerWorldModel, StatesEqualTheRecordedOnes) {
  const WorldModelLoss result = loss();
  expect_sequence(result.embed, "embed");
  expect_sequence(result.features, "feat");
  expect_stats(result.sequence.posterior.stats, "post/");
  expect_stats(result.sequence.prior, "prior/");
  expect_sequence(result.sequence.posterior.deter, "post/deter");
  expect_sequence(result.sequence.posterior.deter, "prior/deter");
  const auto flat_stoch = [&](const std::string& name) {
    const Tensor stoch = forward_.sequence(name);
    return result.sequence.prior.is_discrete() ? stoch.flatten(-2) : stoch;
  };
  expect_close(result.sequence.posterior.stoch, flat_stoch("post/stoch"), "post/stoch");
  expect_close(sample_latent(result.sequence.prior, forward_.sequence("noise/prior")),
               flat_stoch("prior/stoch"), "prior/stoch");
  expect_sequence(result.kl.value, "kl_value");
  expect_sequence(result.sequence.posterior.stats.entropy(), "post_entropy");
  expect_sequence(result.sequence.prior.entropy(), "prior_entropy");
}

TEST_P(DreamerWorldModel, HeadsEqualTheRecordedOnes) {
  const WorldModelLoss result = loss();
  const WorldBatch inputs = batch();
  const auto in_time = [&](const Tensor& rows) { return rows.unflatten(0, inputs.reward.sizes()); };
  if (result.reconstruction.image.defined()) {
    const Tensor mean = in_time(result.reconstruction.image);
    expect_close(mean, forward_.at("decoder/image_mean").permute({1, 0, 4, 2, 3}), "image_mean");
    const Tensor target = centred_image(inputs.image.flatten(0, 1));
    expect_sequence(in_time(unit_normal_log_prob(result.reconstruction.image, target)),
                    "loglik/image");
  }
  for (std::size_t i = 0; i < result.reconstruction.vectors.size(); ++i) {
    const std::string& name = model_.shape().vectors[i].name;
    const Tensor mean = result.reconstruction.vectors[i];
    expect_sequence(in_time(mean), "decoder/" + name + "_mean");
    const Tensor target = forward_.sequence("in/" + name).flatten(0, 1);
    expect_sequence(in_time(unit_normal_log_prob(mean, target)), "loglik/" + name);
  }
  expect_sequence(result.reward_mean, "reward_mean");
  expect_sequence(model_.transformed(inputs.reward), "pre/reward");
  expect_sequence(discount() * (1.0 - inputs.is_terminal), "pre/discount");
  ASSERT_EQ(result.discount_logit.defined(), forward_.contains("discount_logit"));
  if (result.discount_logit.defined()) {
    expect_sequence(result.discount_logit, "discount_logit");
    expect_sequence(result.discount_logit.sigmoid(), "discount_mean");
  }
  expect_losses(result, forward_.meta().at("scalars"));
}

TEST_P(DreamerWorldModel, GradientsEqualTheRecordedOnes) {
  const Recording recorded(GetParam() + "_grads");
  loss().total.backward();
  expect_gradients(parameters_, recorded, "grad/");
  expect_close(parameters_.flat_gradient().norm().item<double>(),
               recorded.meta().at("grad_global_norm"), "norm");
}

TEST_P(DreamerWorldModel, ThreeStepsEqualTheRecordedOnes) {
  const Recording recorded(GetParam() + "_steps");
  KerasAdam optimiser(parameters_.flat(), adam_config(recorded.meta().at("opt"), ""));
  for (int step = 1; step <= 3; ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    const Json& metrics = recorded.meta().at("metrics_per_step").at(step - 1);
    parameters_.flat_gradient().zero_();
    const WorldModelLoss result = loss();
    expect_losses(result, metrics);
    result.total.backward();
    optimiser.step(parameters_.flat_gradient());
    expect_close(optimiser.gradient_norm().item<double>(), metrics.at("model_grad_norm"), "norm");
    const std::string prefix = fmt::format("step{}/", step);
    if (!recorded.names(prefix).empty()) expect_parameters(parameters_, recorded, prefix);
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, DreamerWorldModel,
                         testing::Values("wm_atari", "wm_dmc", "wm_gauss", "wm_gauss_mixed"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace foresight
