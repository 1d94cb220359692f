#include "world_model/rssm/rssm.h"

#include <fmt/format.h>

namespace foresight {
namespace {

std::int64_t stats_dim(const RssmConfig& config) {
  return config.classes > 0 ? config.stoch_dim() : 2 * config.stoch;
}

Tensor stack_of(const std::vector<Tensor>& steps) { return torch::stack(steps); }

}  // namespace

Rssm::Rssm(ParameterSet& parameters, const RssmConfig& config, std::int64_t embed_dim,
           std::int64_t action_dim)
    : config_(config),
      img_in_(parameters, "rssm.img_in", "rssm.img_in_norm", config.stoch_dim() + action_dim,
              config.hidden, norm_of(config.norm)),
      gru_(parameters, "rssm.gru", config.hidden, config.deter),
      img_out_(parameters, "rssm.img_out_0", "rssm.img_out_norm_0", config.deter, config.hidden,
               norm_of(config.norm)),
      img_dist_(parameters, "rssm.img_dist_0", config.hidden, stats_dim(config)),
      obs_out_(parameters, "rssm.obs_out", "rssm.obs_out_norm", config.deter + embed_dim,
               config.hidden, norm_of(config.norm)),
      obs_dist_(parameters, "rssm.obs_dist", config.hidden, stats_dim(config)) {}

RssmState Rssm::initial(std::int64_t num_rows, const torch::TensorOptions& options) const {
  return {.stats = {},
          .stoch = torch::zeros({num_rows, config_.stoch_dim()}, options),
          .deter = torch::zeros({num_rows, config_.deter}, options)};
}

Tensor Rssm::action_part(const Weights& weights, const Tensor& action) const {
  const Tensor weight = img_in_.dense().weight(weights).slice(1, config_.stoch_dim());
  return dense_product(action, weight, img_in_.dense().bias(weights));
}

Tensor Rssm::embed_part(const Weights& weights, const Tensor& embed) const {
  const Tensor weight = obs_out_.dense().weight(weights).slice(1, config_.deter);
  return dense_product(embed, weight, obs_out_.dense().bias(weights));
}

Rssm::CarriedLayers Rssm::carried(const Weights& weights) const {
  return {
      .stoch = RecurrentLinear(img_in_.dense().weight(weights).slice(1, 0, config_.stoch_dim())),
      .gru = RecurrentLinear(gru_.dense().weight(weights)),
      .deter = RecurrentLinear(obs_out_.dense().weight(weights).slice(1, 0, config_.deter)),
      .posterior = RecurrentLinear(obs_dist_.weight(weights))};
}

Tensor Rssm::recur(const Weights& weights, const CarriedLayers& carried, const Tensor& stoch,
                   const Tensor& action_part, const Tensor& deter) const {
  const Tensor x = img_in_.activate(weights, carried.stoch(stoch, action_part));
  const Tensor product = carried.gru(torch::cat({x, deter}, -1), gru_.dense().bias(weights));
  return gru_.gate(weights, product, deter);
}

LatentStats Rssm::prior(const Weights& weights, const Tensor& deter) const {
  return latent_stats(config_, img_dist_.forward(weights, img_out_.forward(weights, deter)));
}

LatentStats Rssm::posterior(const Weights& weights, const CarriedLayers& carried,
                            const Tensor& deter, const Tensor& embed_part) const {
  const Tensor x = obs_out_.activate(weights, carried.deter(deter, embed_part));
  return latent_stats(config_, carried.posterior(x, obs_dist_.bias(weights)));
}

RssmState Rssm::imagine(const Weights& weights, const RssmState& prev, const Tensor& action,
                        const Tensor& noise) const {
  RssmState next;
  next.deter =
      recur(weights, carried(weights), prev.stoch, action_part(weights, action), prev.deter);
  next.stats = prior(weights, next.deter);
  next.stoch = sample_latent(next.stats, noise);
  return next;
}

RssmState Rssm::observe_step(const Weights& weights, const RssmState& prev, const Tensor& action,
                             const Tensor& embed, const Tensor& is_first,
                             const Tensor& noise) const {
  const Tensor kept = (1.0 - is_first).unsqueeze(-1);  // [B, 1]
  const CarriedLayers layers = carried(weights);
  RssmState next;
  next.deter = recur(weights, layers, prev.stoch * kept, action_part(weights, action * kept),
                     prev.deter * kept);
  next.stats = posterior(weights, layers, next.deter, embed_part(weights, embed));
  next.stoch = sample_latent(next.stats, noise);
  return next;
}

RssmSequence Rssm::observe(const Weights& weights, const RssmState& start, const Tensor& embed,
                           const Tensor& action, const Tensor& is_first,
                           const Tensor& noise) const {
  const std::int64_t num_steps = embed.size(0);
  const Tensor kept = (1.0 - is_first).unsqueeze(-1);  // [T, B, 1]
  const auto actions = action_part(weights, action * kept).unbind(0);
  const auto embeds = embed_part(weights, embed).unbind(0);
  const CarriedLayers layers = carried(weights);
  Tensor stoch = start.stoch;
  Tensor deter = start.deter;
  std::vector<Tensor> stochs;
  std::vector<Tensor> deters;
  std::vector<Tensor> logits;  // or means
  std::vector<Tensor> stds;
  for (std::int64_t t = 0; t < num_steps; ++t) {
    const auto at = static_cast<std::size_t>(t);
    deter = recur(weights, layers, stoch * kept[t], actions[at], deter * kept[t]);
    const LatentStats stats = posterior(weights, layers, deter, embeds[at]);
    stoch = sample_latent(stats, noise[t]);
    deters.push_back(deter);
    stochs.push_back(stoch);
    logits.push_back(stats.is_discrete() ? stats.logits : stats.mean);
    if (!stats.is_discrete()) stds.push_back(stats.std);
  }
  RssmSequence sequence;
  sequence.posterior.stoch = stack_of(stochs);
  sequence.posterior.deter = stack_of(deters);
  if (config_.classes > 0) {
    sequence.posterior.stats.logits = stack_of(logits);
  } else {
    sequence.posterior.stats.mean = stack_of(logits);
    sequence.posterior.stats.std = stack_of(stds);
  }
  // What only the loss needs waits until all steps are known.
  sequence.prior = prior(weights, sequence.posterior.deter);
  return sequence;
}

std::vector<std::string> Rssm::describe() const {
  const std::string latent = config_.classes > 0
                                 ? fmt::format("{} x {} classes", config_.stoch, config_.classes)
                                 : fmt::format("{} Gaussians", config_.stoch);
  return {"state and action: " + img_in_.describe(),
          gru_.describe(),
          "prior: " + img_out_.describe(),
          fmt::format("  {} -> {}", img_dist_.in_dim(), latent),
          "posterior: " + obs_out_.describe(),
          fmt::format("  {} -> {}", obs_dist_.in_dim(), latent)};
}

}  // namespace foresight
