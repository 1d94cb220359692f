// The meaning of PackedRollout: the same results from plain loops in double precision, one row at a
// time, nothing shared or skipped. For tests. Opponents are not known here: their meaning is
// TensorScorer's.
// Formulas: nicklashansen/tdmpc2@e9f5932, tdmpc2.py, TDMPC2._estimate_value; common/world_model.py,
// WorldModel.next, reward, pi, Q; common/math.py, two_hot_inv.
// Axes: B environments, H horizon, N samples, Z latent, A action.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/rollout/rollout_networks.h"

namespace foresight {

using Row = std::vector<double>;

// activation(layer_norm(weight x + bias)); mask (may be null) multiplies before the activation.
Row reference_layer(const LayerView& layer, const Row& x, std::int64_t simnorm_dim,
                    const float* mask = nullptr);
Row reference_mlp(const MlpView& layers, Row x, std::int64_t simnorm_dim,
                  const float* first_mask = nullptr);

// symexp of the expectation of the bins under softmax(logits).
double reference_two_hot_decode(const Row& logits, double vmin, double vmax);

// The policy at z: eps [A] or null for tanh(mean).
Row reference_policy(const RolloutOptions& options, const RolloutNetworks& networks, const Row& z,
                     const float* eps);

struct ReferenceScore {
  std::int64_t num_envs = 1;          // B
  std::int64_t num_samples = 0;       // N, proposals first
  std::int64_t horizon = 0;           // H
  const float* z0 = nullptr;          // [B, Z]
  const float* actions = nullptr;     // [H, B, N, A]
  const float* policy_eps = nullptr;  // [B, N, A], for LastAction::kSample
  std::int64_t q_pair[2] = {0, 1};
  const float* dropout_mask = nullptr;  // [2, B * N, hidden] or null
};
// -> values [B, N].
std::vector<double> reference_score(const RolloutOptions& options, const RolloutNetworks& networks,
                                    const ReferenceScore& score);

// z0 [B, Z], eps [H, B, P, A] -> actions [H, B, P, A].
std::vector<double> reference_propose(const RolloutOptions& options,
                                      const RolloutNetworks& networks, std::int64_t num_envs,
                                      std::int64_t num_proposals, std::int64_t horizon,
                                      const float* z0, const float* eps);

}  // namespace foresight
