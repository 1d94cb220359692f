#include "world_model/rssm/latent.h"

#include <cmath>

#include "nn/one_hot.h"
#include "nn/rank_tensors.h"
#include "nn/torch.h"

namespace foresight {
namespace {

// Where `level` is below `free` nothing pulls; exactly there the KL does.
Tensor pull_from(const Tensor& level, double free, const Tensor& value) {
  return torch::where(level >= free, value, torch::full_like(value, free));
}

Tensor free_nats(const KlConfig& config, const Tensor& value, Ranks& ranks) {
  if (!config.free_average) return pull_from(value, config.free_nats, value).mean();
  const Tensor mean = value.mean();
  const Tensor of_all = mean.detach().clone();
  average_over(ranks, of_all);
  return pull_from(of_all, config.free_nats, mean);
}

}  // namespace

LatentStats LatentStats::detach() const {
  if (is_discrete()) return {.logits = logits.detach()};
  return {.mean = mean.detach(), .std = std.detach()};
}

Tensor LatentStats::entropy() const {
  if (is_discrete()) return one_hot_entropy(logits).sum(-1);
  return (std.log() + 0.5 * (1.0 + std::log(2.0 * M_PI))).sum(-1);
}

Tensor LatentStats::mode() const { return is_discrete() ? one_hot_mode(logits).flatten(-2) : mean; }

LatentStats latent_stats(const RssmConfig& config, const Tensor& raw) {
  if (config.classes > 0) return {.logits = raw.unflatten(-1, {config.stoch, config.classes})};
  const auto parts = raw.chunk(2, -1);
  Tensor std;
  if (config.std_activation == "softplus") {
    std = torch::softplus(parts[1]);
  } else if (config.std_activation == "sigmoid") {
    std = parts[1].sigmoid();
  } else {
    std = 2.0 * (0.5 * parts[1]).sigmoid();
  }
  return {.mean = parts[0], .std = std + config.min_std};
}

Tensor sample_latent(const LatentStats& stats, const Tensor& noise) {
  if (stats.is_discrete()) return sample_one_hot(stats.logits, noise).flatten(-2);
  return stats.mean + stats.std * noise;
}

Tensor latent_kl(const LatentStats& p, const LatentStats& q) {
  if (p.is_discrete()) return one_hot_kl(p.logits, q.logits).sum(-1);
  const Tensor ratio = p.std / q.std;
  const Tensor distance = (p.mean - q.mean) / q.std;
  return (0.5 * (ratio.square() + distance.square() - 1.0) - ratio.log()).sum(-1);
}

KlLoss balanced_kl(const KlConfig& config, const LatentStats& posterior, const LatentStats& prior,
                   Ranks& ranks) {
  const LatentStats& left = config.forward ? prior : posterior;
  const LatentStats& right = config.forward ? posterior : prior;
  if (config.balance == 0.5) {
    const Tensor value = latent_kl(left, right);
    return {pull_from(value, config.free_nats, value).mean(), value};
  }
  const double mix = config.forward ? config.balance : 1.0 - config.balance;
  const Tensor moves_left = latent_kl(left, right.detach());
  const Tensor moves_right = latent_kl(left.detach(), right);
  return {mix * free_nats(config, moves_left, ranks) +
              (1.0 - mix) * free_nats(config, moves_right, ranks),
          moves_left};
}

}  // namespace foresight
