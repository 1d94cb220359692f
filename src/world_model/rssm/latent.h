// The stochastic part of a latent state: S variables of K classes each, or S Gaussians.
// Reference: danijar/dreamerv2, common/nets.py, EnsembleRSSM.get_dist, kl_loss.
// Axes: ... leading, S variables, K classes, Z = S * K or S.
#pragma once

#include "base/ranks.h"
#include "base/tensor.h"
#include "world_model/rssm/model_config.h"

namespace foresight {

// What decides the distribution: `logits`, or `mean` and `std`; the others are undefined.
struct LatentStats {
  Tensor logits;  // [..., S, K]
  Tensor mean;    // [..., S]
  Tensor std;     // [..., S]

  bool is_discrete() const { return logits.defined(); }
  LatentStats detach() const;
  // One number of each row: [...]; nats, summed over the variables.
  Tensor entropy() const;
  // Of the most probable class of each variable, or the mean: [..., Z].
  Tensor mode() const;
};

// Layer output [..., S * K or 2 S] -> distribution.
LatentStats latent_stats(const RssmConfig& config, const Tensor& raw);
// noise: Gumbel [..., S, K], or N(0, 1) [..., S] -> draw [..., Z], straight-through if discrete.
Tensor sample_latent(const LatentStats& stats, const Tensor& noise);
// KL(p || q), summed over the variables: [...].
Tensor latent_kl(const LatentStats& p, const LatentStats& q);

struct KlLoss {
  Tensor loss;   // scalar
  Tensor value;  // [...], KL of every step, nats
};
// The two KL terms, one moving the prior and one the posterior, weighted by the balance; `scale` is
// not applied. Of a batch that is spread over ranks, each gets its part: whether the free nats of
// the mean are used up is asked of the whole batch's. Paper: Hafner et al. 2021, algorithm 2.
KlLoss balanced_kl(const KlConfig& config, const LatentStats& posterior, const LatentStats& prior,
                   Ranks& ranks);

}  // namespace foresight
