#include "planner/linear_latent_model.h"

#include <ATen/ATen.h>

#include <vector>

#include "base/error.h"

namespace foresight {

Tensor LinearLatentModel::propose(const Tensor& z0, const Tensor& eps) {
  Tensor z = z0.unsqueeze(1);  // [B, 1, D]
  std::vector<Tensor> actions;
  for (const Tensor& noise : eps.unbind(0)) {
    actions.push_back(act(z, noise));  // [B, P, D]
    z = z + config_.step_size * actions.back();
  }
  return at::stack(actions);
}

void LinearLatentModel::begin(const Tensor& z0, const Tensor& proposals) {
  z0_ = z0;
  proposals_ = proposals;
}

Tensor LinearLatentModel::score(const Tensor& actions, const ScoreDraws& draws) {
  FS_CHECK(z0_.defined(), "score() needs begin() first");
  const Tensor sequences = at::cat({proposals_, actions}, 2);  // [H, B, N, D]
  Tensor z = z0_.unsqueeze(1).expand({-1, sequences.size(2), -1});
  Tensor total = at::zeros({z.size(0), z.size(1)}, z.options());  // [B, N]
  double discount = 1.0;
  for (const Tensor& action : sequences.unbind(0)) {
    z = z + config_.step_size * action;
    total = total - discount * (z.square().sum(-1) + config_.action_cost * action.square().sum(-1));
    discount *= config_.discount;
  }
  z = z + config_.step_size * act(z, draws.policy_eps);
  return total - discount * z.square().sum(-1);
}

Tensor LinearLatentModel::act(const Tensor& z, const Tensor& eps) {
  const Tensor mean = -config_.policy_gain * z;
  return (eps.defined() ? mean + config_.policy_std * eps : mean).clamp(-1, 1);
}

}  // namespace foresight
