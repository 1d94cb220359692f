// A fake world model for tests of planners: an action pushes the latent state, cost is quadratic,
// so the value of a sequence and the best sequence can be worked out by hand.
//   z' = z + step_size a
//   reward(z, a) = -|z'|^2 - action_cost |a|^2
//   value(z) = -|z + step_size a|^2 with the policy's a
// Observation, latent state and action have the same size D.
// Axes as in latent_model.h, with O = Z = A = D.
#pragma once

#include "world_model/latent_model.h"

namespace foresight {

struct LinearLatentModelConfig {
  double step_size = 0.5;
  double action_cost = 0.1;
  double discount = 1.0;
  double policy_gain = 0.0;  // the policy acts by -policy_gain z + policy_std eps, within [-1, 1]
  double policy_std = 0.0;
};

class LinearLatentModel : public LatentModel {
 public:
  explicit LinearLatentModel(const LinearLatentModelConfig& config) : config_(config) {}

  Tensor encode(const Tensor& observation) override { return observation; }
  Tensor propose(const Tensor& z0, const Tensor& eps) override;
  void begin(const Tensor& z0, const Tensor& proposals) override;
  // Reads no more of the draws than policy_eps, for the last action.
  Tensor score(const Tensor& actions, const ScoreDraws& draws) override;
  Tensor act(const Tensor& z, const Tensor& eps) override;

 private:
  LinearLatentModelConfig config_;
  Tensor z0_;         // [B, D]
  Tensor proposals_;  // [H, B, P, D]
};

}  // namespace foresight
