#include "agent/tdmpc2/learner.h"

#include <cmath>

#include "base/error.h"
#include "base/profile.h"
#include "nn/libtorch_threads.h"
#include "nn/rank_tensors.h"
#include "nn/team_draws.h"

namespace foresight {
namespace {

constexpr double kPolicyAdamEpsilon = 1e-5;

std::vector<AdamPart> model_parts(const WorldModel& model, const Tdmpc2LearnerConfig& config) {
  const auto& parameters = model.model_parameters();
  const auto [offset, length] = parameters.range_of("encoder.");
  FS_CHECK(offset == 0, "the encoder comes first");
  return {{0, length, config.learning_rate * config.encoder_lr_scale},
          {length, parameters.size() - length, config.learning_rate}};
}

Tensor normal(at::IntArrayRef shape, const torch::Device& device, Rng& rng) {
  Tensor values = torch::empty(shape, torch::kFloat32);
  rng.fill_normal({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  return values.to(device);
}

SingleRank& alone() {
  static SingleRank rank;  // without a state
  return rank;
}

// The first two of a random permutation of the members.
Tensor member_pair(std::int64_t num_members, const torch::Device& device, Rng& rng) {
  const auto count = static_cast<std::uint64_t>(num_members);
  const auto first = static_cast<std::int64_t>(rng.below(count));
  auto second = static_cast<std::int64_t>(rng.below(count - 1));
  if (second >= first) ++second;
  return torch::tensor({first, second}, torch::kLong).to(device);
}

// [count] int64, each of `num_ids` alike often.
Tensor uniform_ids(std::int64_t count, std::int64_t num_ids, const torch::Device& device,
                   Rng& rng) {
  Tensor ids = torch::empty({count}, torch::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    ids.data_ptr<std::int64_t>()[i] =
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(num_ids)));
  }
  return ids.to(device);
}

}  // namespace

double discount_of(std::int64_t episode_length, double denom, double min, double max) {
  const double fraction = static_cast<double>(episode_length) / denom;
  return std::min(std::max((fraction - 1) / fraction, min), max);
}

Tdmpc2Learner::Tdmpc2Learner(WorldModel& model, const Tdmpc2LearnerConfig& config, double discount,
                             std::vector<double> task_discounts)
    : model_(model),
      config_(config),
      discount_(discount),
      model_optimiser_(model.model_parameters().flat(), model_parts(model, config), {}),
      policy_optimiser_(model.policy_parameters().flat(),
                        {{0, model.policy_parameters().size(), config.learning_rate}},
                        {.epsilon = kPolicyAdamEpsilon}),
      scale_(config.scale_tau, torch::ones({1}, torch::TensorOptions().device(model.device()))),
      captured_(model.device()),
      ranks_(&alone()) {
  FS_CHECK(std::ssize(task_discounts) == model.tasks().num_tasks(), "{} discounts for {} tasks",
           task_discounts.size(), model.tasks().num_tasks());
  if (!task_discounts.empty()) {
    task_discounts_ = torch::tensor(task_discounts, torch::kFloat32).to(model.device());
  }
}

Tdmpc2Learner::BatchTasks Tdmpc2Learner::look_up(const Tensor& task) const {
  if (!task_discounts_.defined()) return {};
  FS_CHECK(task.defined(), "a batch for {} tasks is not told which", task_discounts_.size(0));
  return {model_.look_up(task),
          task_discounts_.index_select(0, task.to(task_discounts_.device(), torch::kLong))
              .unsqueeze(-1)};
}

Tensor Tdmpc2Learner::task_gradient() const {
  if (!task_discounts_.defined()) return {};
  const ParameterSet& parameters = model_.model_parameters();
  const auto [offset, length] = parameters.range_of("task_embedding.");
  return parameters.flat_gradient().narrow(0, offset, length);
}

Tensor Tdmpc2Learner::step_weights(std::int64_t steps) const {
  const auto options = torch::TensorOptions().device(model_.device());
  return torch::pow(config_.rho, torch::arange(steps, options)).unsqueeze(-1);
}

Tensor Tdmpc2Learner::td_targets(const Tensor& next_z, const Tensor& reward,
                                 const Tensor& terminated, const UpdateDraws& draws,
                                 const BatchTasks& tasks) const {
  const torch::NoGradGuard no_grad;
  const Tensor action =
      model_.sample_policy(next_z, draws.target_eps, tasks.context).action;  // [H, B, A]
  const std::int64_t horizon = reward.size(0);
  const bool pair_a_step = draws.target_members.dim() == 2;
  if (config_.n_step == 1 && !pair_a_step) {
    const Tensor value =
        model_.q_values(next_z, action, WorldModel::QSet::kTarget, draws.target_members,
                        draws.target_dropout_mask, tasks.context);
    const Tensor alive = 1 - terminated;
    const Tensor weight = tasks.discount.defined() ? tasks.discount * alive : discount_ * alive;
    return reward + weight * torch::minimum(value[0], value[1]);
  }
  FS_CHECK(!tasks.discount.defined(), "targets of several steps are for one task");
  std::vector<Tensor> targets;
  for (std::int64_t t = 0; t < horizon; ++t) {
    const std::int64_t count = std::min(config_.n_step, horizon - t);
    const std::int64_t last = t + count - 1;
    Tensor sum = torch::zeros_like(reward[0]);
    // As the hockey project: an end inside the window does not stop the sum.
    for (std::int64_t k = 0; k < count; ++k) {
      sum = sum + std::pow(discount_, static_cast<double>(k)) * reward[t + k];
    }
    const Tensor members = pair_a_step ? draws.target_members[t] : draws.target_members;
    const Tensor bootstrap_action = model_.sample_policy(next_z[last], draws.target_eps[t]).action;
    Tensor mask = draws.target_dropout_mask;  // [2, H * B, hidden0]
    if (mask.defined()) mask = mask.unflatten(1, {horizon, -1}).select(1, t);
    const Tensor value =
        model_.q_values(next_z[last], bootstrap_action, WorldModel::QSet::kTarget, members, mask);
    targets.push_back(sum + std::pow(discount_, static_cast<double>(count)) *
                                (1 - terminated[last]) * torch::minimum(value[0], value[1]));
  }
  return torch::stack(targets);
}

// Latents [H + 1, B, Z] imagined from the first observation, gradients through every step, and the
// loss of each slice against the encoded observations. Each slice keeps its opponent throughout.
Tensor Tdmpc2Learner::roll_out(const LearnerBatch& batch, const Tensor& opponents,
                               const Tensor& next_z, const TaskContext& task,
                               Tensor& consistency) const {
  const ProfileScope scope("update/rollout");
  const std::int64_t horizon = batch.action.size(0);
  std::vector<Tensor> latents{model_.encode(batch.observation[0], task)};
  for (std::int64_t t = 0; t < horizon; ++t) {
    latents.push_back(model_.next_against(latents.back(), batch.action[t], opponents, task));
  }
  const Tensor stacked = torch::stack(latents);
  const Tensor error = (stacked.narrow(0, 1, horizon) - next_z).square().mean(-1);  // [H, B]
  consistency = (step_weights(horizon) * error).mean(0);
  return stacked;
}

// The same order for a batch that is spread over ranks. Entry t of slice g of the whole batch of G
// slices meets weight (g H + t) mod G; what the slice is weighted with already is taken out.
// loss [H, B], weight [B] -> [B].
Tensor Tdmpc2Learner::mixed_over_ranks(const Tensor& loss, const Tensor& weight) const {
  const std::int64_t horizon = loss.size(0);
  const Tensor all = gather_rows(*ranks_, weight);  // [G]
  const std::int64_t first = ranks_->rank() * weight.size(0) * horizon;
  const Tensor entry = torch::arange(first, first + loss.numel(), torch::kLong).to(loss.device());
  const Tensor mixed = all.index_select(0, entry.remainder(all.size(0)));  // [B * H]
  return (loss.t() * mixed.view({-1, horizon})).mean(1) / weight;
}

Tensor Tdmpc2Learner::termination_losses(const LearnerBatch& batch, const Tensor& latents,
                                         UpdateResult& result) const {
  const std::int64_t horizon = batch.action.size(0);
  const std::int64_t num_slices = batch.action.size(1);
  if (model_.termination_input() == TerminationInput::kNone) {
    return torch::zeros({num_slices}, latents.options());
  }
  const Tensor logits = model_.termination_logit(latents.narrow(0, 0, horizon), batch.action,
                                                 latents.narrow(0, 1, horizon));
  result.termination_logits = logits.detach();
  // As the reference: of the last step only.
  const auto statistics =
      termination_statistics(logits.detach()[-1].sigmoid(), batch.terminated[-1]);
  result.termination_rate = statistics.rate;
  result.termination_f1 = statistics.f1;
  const Tensor loss =
      torch::binary_cross_entropy_with_logits(logits, batch.terminated, {}, {}, at::Reduction::None)
          .squeeze(-1);  // [H, B]
  if (!config_.mixed_termination_weights) return loss.mean(0);
  if (ranks_->size() > 1 && batch.weight.defined()) return mixed_over_ranks(loss, batch.weight);
  // The hockey project lays the losses out slice by slice and reads them back step by step, which
  // mixes slices; without importance weights the mean is the same.
  return loss.t().reshape({horizon, num_slices}).mean(0);
}

Tdmpc2Learner::ModelLosses Tdmpc2Learner::head_losses(const LearnerBatch& batch,
                                                      const UpdateDraws& draws,
                                                      const Tensor& latents,
                                                      const TaskContext& task,
                                                      UpdateResult& result) const {
  const ProfileScope scope("update/heads");
  const std::int64_t horizon = batch.action.size(0);
  const Tensor z = latents.narrow(0, 0, horizon);  // [H, B, Z]
  const Tensor weights = step_weights(horizon);    // [H, 1]
  ModelLosses losses;

  const Tensor reward_logits = model_.reward_logits(z, batch.action, task);
  const Tensor reward_error = soft_cross_entropy(reward_logits, batch.reward, model_.bins());
  losses.reward = (weights * reward_error.squeeze(-1)).mean(0);

  const Tensor q_logits = model_.q_logits(z, batch.action, WorldModel::QSet::kOnline, {},
                                          draws.q_dropout_mask, task);  // [E, H, B, bins]
  const Tensor value_error = soft_cross_entropy(
      q_logits, result.targets.unsqueeze(0).expand({q_logits.size(0), -1, -1, -1}), model_.bins());
  losses.value = (weights * value_error.squeeze(-1).mean(0)).mean(0);

  losses.termination = termination_losses(batch, latents, result);
  result.reward_logits = reward_logits.detach();
  result.q_logits = q_logits.detach();
  return losses;
}

void Tdmpc2Learner::update_model(const LearnerBatch& batch, const UpdateDraws& draws,
                                 const GradientObserver& observer, UpdateResult& result) {
  const BatchTasks tasks = look_up(batch.task);
  Tensor next_z;  // [H, B, Z]
  {
    const ProfileScope scope("update/targets");
    const torch::NoGradGuard no_grad;
    next_z = model_.encode(batch.observation.narrow(0, 1, batch.action.size(0)), tasks.context);
    result.targets = td_targets(next_z, batch.reward, batch.terminated, draws, tasks);
  }
  Tensor consistency;  // [B]
  const Tensor latents = roll_out(batch, draws.opponents, next_z, tasks.context, consistency);
  const ModelLosses losses = head_losses(batch, draws, latents, tasks.context, result);
  const Tensor slice_loss =
      config_.consistency_coef * consistency + config_.reward_coef * losses.reward +
      config_.value_coef * losses.value + config_.termination_coef * losses.termination;
  const Tensor total =
      batch.weight.defined() ? (batch.weight * slice_loss).mean() : slice_loss.mean();

  // Not cleared before: the reference clears the model's gradients after its step only, so what the
  // policy loss leaves on the task embeddings is added to, and clipped with, their next gradient.
  ParameterSet& parameters = model_.model_parameters();
  {
    const ProfileScope scope("update/backward");
    total.backward();
  }
  average_over(*ranks_, parameters.flat_gradient());
  if (observer) observer(parameters);
  {
    const ProfileScope scope("update/adam");
    model_optimiser_.apply(parameters.flat_gradient(), config_.grad_clip_norm);
    parameters.flat_gradient().zero_();
  }
  result.model_grad_norm = model_optimiser_.gradient_norm();

  result.latents = latents.detach();
  result.consistency_loss = consistency.detach().mean();
  result.reward_loss = losses.reward.detach().mean();
  result.value_loss = losses.value.detach().mean();
  result.termination_loss = losses.termination.detach().mean();
  result.total_loss = total.detach();
  result.slice_consistency = consistency.detach();
  result.slice_reward = losses.reward.detach();
  result.slice_value = losses.value.detach();
  result.slice_termination = losses.termination.detach();
  result.priorities = (consistency + losses.reward + losses.value).detach();
}

void Tdmpc2Learner::update_policy(const LearnerBatch& batch, const UpdateDraws& draws,
                                  const GradientObserver& observer, UpdateResult& result) {
  const ProfileScope scope("update/policy");
  const Tensor& z = result.latents;  // [H + 1, B, Z]
  // Anew: the model's step has moved the embeddings.
  const TaskContext task = look_up(batch.task).context;
  const PolicySample sample = model_.sample_policy(z, draws.policy_eps, task);
  const Tensor values =
      model_.q_values(z, sample.action, WorldModel::QSet::kFrozen, draws.policy_members,
                      draws.policy_dropout_mask, task);  // [E or 2, H + 1, B, 1]
  const Tensor q = draws.policy_members.defined() ? (values[0] + values[1]) / 2 : values.mean(0);
  scale_.update(gather_rows(*ranks_, q.detach()[0]));
  // A copy: the scale moves in place at the next update.
  const Tensor scaled_q = q / scale_.value().clone();
  const Tensor objective =
      (config_.entropy_coef * sample.scaled_entropy + scaled_q).mean({1, 2});  // [H + 1]
  const Tensor loss = -(step_weights(z.size(0)).squeeze(-1) * objective).mean();

  ParameterSet& parameters = model_.policy_parameters();
  parameters.flat_gradient().zero_();
  loss.backward();
  average_over(*ranks_, parameters.flat_gradient());
  // What it leaves on the embeddings of tasks is kept, so it must be alike on all ranks.
  if (const Tensor left = task_gradient(); left.defined()) average_over(*ranks_, left);
  if (observer) observer(parameters);
  policy_optimiser_.apply(parameters.flat_gradient(), config_.grad_clip_norm);
  result.policy_grad_norm = policy_optimiser_.gradient_norm();

  result.policy_loss = loss.detach();
  result.policy_entropy = sample.entropy.detach().mean();
  result.policy_scaled_entropy = sample.scaled_entropy.detach().mean();
  result.value_scale = scale_.value().clone();
  result.policy_action = sample.action.detach();
  result.policy_q = scaled_q.detach();
}

UpdateResult Tdmpc2Learner::update(const LearnerBatch& batch, const UpdateDraws& draws,
                                   const GradientObserver& observer) {
  count_update();
  // What other ranks say passes through the host, which a graph cannot hold.
  const bool is_captured =
      model_.device().is_cuda() && config_.graphs && !observer && ranks_->size() == 1;
  if (!is_captured) return apply_update(batch, draws, observer);
  return captured_.run({batch, draws}, [this](const UpdateInputs& inputs) {
    return apply_update(inputs.batch, inputs.draws);
  });
}

void Tdmpc2Learner::count_update() {
  model_optimiser_.count_step();
  policy_optimiser_.count_step();
}

UpdateResult Tdmpc2Learner::apply_update(const LearnerBatch& batch, const UpdateDraws& draws,
                                         const GradientObserver& observer) {
  const MatmulFormatScope format(matmul_format(config_.precision), rounded_);
  FS_CHECK(batch.observation.size(0) == batch.action.size(0) + 1,
           "{} observations for {} actions a slice", batch.observation.size(0),
           batch.action.size(0));
  const std::int64_t num_pictures = batch.observation.size(0) * batch.observation.size(1);
  const LibTorchThreads threads(
      model_.sees_pixels() ? num_pictures * model_.config().encoder_channels : 0);
  UpdateResult result;
  if (draws.image_shift.defined()) {
    LearnerBatch shifted = batch;
    shifted.observation = shift_images(batch.observation, draws.image_shift);
    update_model(shifted, draws, observer, result);
  } else {
    update_model(batch, draws, observer, result);
  }
  update_policy(batch, draws, observer, result);
  const ProfileScope scope("update/target_net");
  model_.update_target(config_.target_tau);
  return result;
}

UpdateDraws Tdmpc2Learner::draw(std::int64_t batch_size, std::int64_t horizon, Rng& rng) const {
  const auto device = model_.device();
  const auto& model = model_.config();
  const std::int64_t action_dim = model_.action_dim();
  const std::int64_t hidden = model.q_hidden.front();
  UpdateDraws draws;
  draws.target_eps = normal({horizon, batch_size, action_dim}, device, rng);
  draws.target_members = member_pair(model.num_q, device, rng);
  draws.policy_eps = normal({horizon + 1, batch_size, action_dim}, device, rng);
  if (config_.policy_q == "two_random") {
    draws.policy_members = member_pair(model.num_q, device, rng);
  }
  if (model.dropout > 0) {
    const std::int64_t policy_members = draws.policy_members.defined() ? 2 : model.num_q;
    const auto mask = [&](at::IntArrayRef shape) {
      return draw_dropout_mask(shape, model.dropout, rng).to(device);
    };
    draws.q_dropout_mask = mask({model.num_q, horizon * batch_size, hidden});
    draws.policy_dropout_mask = mask({policy_members, (horizon + 1) * batch_size, hidden});
    if (config_.target_dropout) {
      draws.target_dropout_mask = mask({2, horizon * batch_size, hidden});
    }
  }
  if (model_.sees_pixels()) {
    draws.image_shift = draw_shifts({horizon + 1, batch_size}, rng).to(device);
  }
  if (model.num_opponents > 0) {
    draws.opponents = uniform_ids(batch_size, model.num_opponents, device, rng);
  }
  return draws;
}

Tensor draw_shifts(at::IntArrayRef pictures, Rng& rng) {
  std::vector<std::int64_t> shape = pictures.vec();
  shape.push_back(2);
  const std::int64_t count = c10::multiply_integers(shape);
  return uniform_ids(count, 2 * kImagePad + 1, torch::kCPU, rng).view(shape);
}

void Tdmpc2Learner::draw_members(UpdateDraws& draws, Rng& rng) const {
  draws.target_members = member_pair(model_.config().num_q, model_.device(), rng);
  if (config_.policy_q == "two_random") {
    draws.policy_members = member_pair(model_.config().num_q, model_.device(), rng);
  }
}

TerminationStatistics termination_statistics(const Tensor& probability, const Tensor& target) {
  constexpr double kEpsilon = 1e-9;
  const Tensor predicted = (probability > 0.5).to(torch::kFloat32);
  const Tensor hits = (predicted * target).sum();
  const Tensor precision = hits / (predicted.sum() + kEpsilon);
  const Tensor recall = hits / (target.sum() + kEpsilon);
  return {target.mean(), 2 * precision * recall / (precision + recall + kEpsilon)};
}

Metrics to_metrics(const UpdateResult& result) {
  // One copy to the host for all numbers.
  const Tensor all =
      torch::stack({result.consistency_loss.flatten()[0], result.reward_loss.flatten()[0],
                    result.value_loss.flatten()[0], result.termination_loss.flatten()[0],
                    result.total_loss.flatten()[0], result.policy_loss.flatten()[0],
                    result.model_grad_norm.flatten()[0], result.policy_grad_norm.flatten()[0],
                    result.policy_entropy.flatten()[0], result.policy_scaled_entropy.flatten()[0],
                    result.value_scale.flatten()[0], result.targets.mean()})
          .to(torch::kCPU, torch::kDouble);
  static const char* const kNames[] = {
      "loss/consistency", "loss/reward",           "loss/value",      "loss/termination",
      "loss/total",       "loss/policy",           "grad_norm/model", "grad_norm/policy",
      "policy/entropy",   "policy/scaled_entropy", "value/scale",     "value/target_mean"};
  Metrics metrics;
  for (std::int64_t i = 0; i < all.size(0); ++i) {
    metrics.emplace_back(kNames[i], all.data_ptr<double>()[i]);
  }
  return metrics;
}

}  // namespace foresight
