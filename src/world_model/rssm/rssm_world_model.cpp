#include "world_model/rssm/rssm_world_model.h"

#include <cmath>

#include "base/error.h"
#include "nn/normal_constants.h"

namespace foresight {
namespace {

// Mean of -log N(target; mean, 1) of single numbers.
Tensor squared_loss(const Tensor& mean, const Tensor& target) {
  return 0.5 * (mean - target).square().mean() + kHalfLogTwoPi;
}

}  // namespace

Tensor centred_image(const Tensor& image) {
  return image.to(torch::kFloat32).div_(255.0).sub_(0.5);
}

RssmWorldModel::RssmWorldModel(ParameterSet& parameters, const WorldModelConfig& config,
                               const WorldShape& shape)
    : config_(config),
      shape_(shape),
      encoder_(parameters, config.encoder, shape),
      rssm_(parameters, config.rssm, encoder_.embed_dim(), shape.action_dim),
      decoder_(parameters, config.decoder, shape, config.rssm.feature_dim()),
      reward_(parameters, "reward", config.rssm.feature_dim(), config.reward) {
  if (config.predicts_discount) {
    discount_.emplace(parameters, "discount", config.rssm.feature_dim(), config.discount);
  }
}

Tensor RssmWorldModel::embed(const Weights& weights, const Tensor& image,
                             const Tensor& vectors) const {
  return encoder_.forward(weights, image.defined() ? centred_image(image) : image, vectors);
}

Tensor RssmWorldModel::transformed(const Tensor& reward) const {
  // Rounded once: residuals of rewards nearly cancel where the head has learned them.
  if (config_.reward_transform == "tanh") {
    return reward.to(torch::kFloat64).tanh().to(torch::kFloat32);
  }
  return config_.reward_transform == "sign" ? reward.sign() : reward;
}

WorldModelLoss RssmWorldModel::loss(const Weights& weights, const WorldBatch& batch,
                                    const RssmState& start, const Tensor& noise,
                                    double discount) const {
  const std::int64_t num_steps = batch.action.size(0);
  const std::int64_t num_sequences = batch.action.size(1);
  FS_CHECK(batch.image.defined() == (shape_.image_channels > 0) &&
               batch.vectors.defined() == !shape_.vectors.empty(),
           "a batch with{} image and with{} vectors", batch.image.defined() ? "" : "out",
           batch.vectors.defined() ? "" : "out");
  const auto flat = [](const Tensor& x) { return x.defined() ? x.flatten(0, 1) : x; };

  WorldModelLoss result;
  result.embed = embed(weights, flat(batch.image), flat(batch.vectors))
                     .unflatten(0, {num_steps, num_sequences});
  result.sequence =
      rssm_.observe(weights, start, result.embed, batch.action, batch.is_first, noise);
  result.features = result.sequence.posterior.features();
  result.kl =
      balanced_kl(config_.kl, result.sequence.posterior.stats, result.sequence.prior, *ranks_);
  result.total = config_.kl.scale * result.kl.loss;
  const Tensor rows = flat(result.features);
  add_reconstruction(weights, batch, config_.decoder_gradient ? rows : rows.detach(), result);
  add_heads(weights, batch, result.features, discount, result);
  return result;
}

void RssmWorldModel::add_reconstruction(const Weights& weights, const WorldBatch& batch,
                                        const Tensor& features, WorldModelLoss& result) const {
  result.reconstruction = decoder_.forward(weights, features);
  if (batch.image.defined()) {
    const Tensor target = centred_image(batch.image.flatten(0, 1));
    result.image = -unit_normal_log_prob(result.reconstruction.image, target).mean();
    result.total = result.total + result.image;
  }
  std::int64_t first = 0;
  for (std::size_t i = 0; i < shape_.vectors.size(); ++i) {
    const Tensor target =
        batch.vectors.flatten(0, 1).slice(1, first, first + shape_.vectors[i].size);
    first += shape_.vectors[i].size;
    const Tensor loss = -unit_normal_log_prob(result.reconstruction.vectors[i], target).mean();
    result.vectors.push_back(loss);
    result.total = result.total + loss;
  }
}

void RssmWorldModel::add_heads(const Weights& weights, const WorldBatch& batch,
                               const Tensor& features, double discount,
                               WorldModelLoss& result) const {
  const auto seen_by = [&](bool gradient) { return gradient ? features : features.detach(); };
  result.reward_mean = reward_.forward(weights, seen_by(config_.reward_gradient));
  result.reward = squared_loss(result.reward_mean, transformed(batch.reward));
  result.total = result.total + config_.reward_scale * result.reward;
  if (!discount_) return;
  result.discount_logit = discount_->forward(weights, seen_by(config_.discount_gradient));
  const Tensor target = discount * (1.0 - batch.is_terminal);
  result.discount = -bernoulli_log_prob(result.discount_logit, target).mean();
  result.total = result.total + config_.discount_scale * result.discount;
}

}  // namespace foresight
