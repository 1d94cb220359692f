#include "world_model/tdmpc2/tensor_scorer.h"

#include <cmath>

#include "base/error.h"

namespace foresight {

void TensorScorer::set_task(std::int64_t task, double discount) {
  const torch::NoGradGuard no_grad;
  const TaskContext found = model_.look_up(torch::tensor({task}, torch::kLong));
  discount_ = discount;
  if (!task_.embedding.defined()) {
    task_ = found;
    return;
  }
  // In place: a recorded plan reads them there.
  task_.embedding.copy_(found.embedding);
  task_.action_mask.copy_(found.action_mask);
  task_.num_actions.copy_(found.num_actions);
}

Tensor TensorScorer::action_mask() const {
  return task_.action_mask.defined() ? task_.action_mask[0] : Tensor{};
}

Tensor TensorScorer::encode(const Tensor& observation) {
  const torch::NoGradGuard no_grad;
  rounded_.clear();
  const MatmulFormatScope format(format_, rounded_);
  return model_.encode(observation, task_);
}

Tensor TensorScorer::propose(const Tensor& z0, const Tensor& eps) {
  const torch::NoGradGuard no_grad;
  rounded_.clear();
  const MatmulFormatScope format(format_, rounded_);
  Tensor z = z0.unsqueeze(1).expand({-1, eps.size(2), -1});  // [B, P, Z]
  std::vector<Tensor> actions;
  const std::int64_t horizon = eps.size(0);
  for (std::int64_t t = 0; t < horizon; ++t) {
    actions.push_back(model_.sample_policy(z, eps[t], task_).action);
    if (t + 1 < horizon) {
      z = model_.next_against(z, actions.back(), opponents_.proposals, task_);
    }
  }
  return torch::stack(actions);  // [H, B, P, A]
}

TensorScorer::Rollout TensorScorer::roll_out(const Tensor& z0, const Tensor& actions,
                                             const Tensor& ids) const {
  const torch::NoGradGuard no_grad;
  const std::int64_t num_rows = actions.size(2);
  Tensor z = z0.unsqueeze(1).expand({-1, num_rows, -1});  // [B, N, Z]
  Tensor total = torch::zeros({actions.size(1), num_rows}, z0.options());
  Tensor ended = torch::zeros_like(total);
  double discount = 1.0;
  for (const Tensor& action : actions.unbind(0)) {
    if (PlanClock::now() >= deadline_) return {};
    const Tensor reward = model_.reward(z, action, task_).squeeze(-1);  // [B, N]
    const Tensor next_z = model_.next_against(z, action, ids, task_);
    total = total + discount * (1 - ended) * reward;
    discount *= discount_;
    if (model_.termination_input() != TerminationInput::kNone) {
      Tensor end = model_.termination_logit(z, action, next_z).squeeze(-1).sigmoid();
      if (config_.end == "threshold") end = (end > 0.5).to(torch::kFloat32);
      ended = (ended + end).clamp(0, 1);
    }
    z = next_z;
  }
  return {total, ended, z};
}

Tensor TensorScorer::opponents_of(std::int64_t first, std::int64_t count) const {
  return opponents_.samples.defined() ? opponents_.samples.narrow(1, first, count) : Tensor{};
}

void TensorScorer::begin(const Tensor& z0, const Tensor& proposals) {
  const MatmulFormatScope format(format_, rounded_);
  z0_ = z0;
  num_proposals_ = proposals.size(2);
  if (num_proposals_ > 0) proposals_ = roll_out(z0, proposals, opponents_of(0, num_proposals_));
}

Tensor TensorScorer::score(const Tensor& actions, const ScoreDraws& draws) {
  const torch::NoGradGuard no_grad;
  FS_CHECK(z0_.defined(), "score() needs begin() first");
  const MatmulFormatScope format(format_, rounded_);
  Rollout end = roll_out(z0_, actions, opponents_of(num_proposals_, actions.size(2)));
  if (!end.reward.defined()) return {};  // the deadline has passed
  if (num_proposals_ > 0) {
    end = {torch::cat({proposals_.reward, end.reward}, 1),
           torch::cat({proposals_.ended, end.ended}, 1), torch::cat({proposals_.z, end.z}, 1)};
  }
  const Tensor last_action = config_.last_action == "sampled"
                                 ? model_.sample_policy(end.z, draws.policy_eps, task_).action
                                 : model_.mean_action(end.z, task_);
  const auto set =
      config_.last_q == "target" ? WorldModel::QSet::kTarget : WorldModel::QSet::kOnline;
  const Tensor q = model_.q_values(end.z, last_action, set, draws.q_pair.to(end.z.device()),
                                   draws.dropout_mask, task_);  // [2, B, N, 1]
  const Tensor last_value = (q[0] + q[1]).squeeze(-1) / 2;
  const double discount = std::pow(discount_, static_cast<double>(actions.size(0)));
  return end.reward + discount * (1 - end.ended) * last_value;
}

Tensor TensorScorer::act(const Tensor& z, const Tensor& eps) {
  const torch::NoGradGuard no_grad;
  rounded_.clear();
  const MatmulFormatScope format(format_, rounded_);
  return eps.defined() ? model_.sample_policy(z, eps, task_).action : model_.mean_action(z, task_);
}

}  // namespace foresight
