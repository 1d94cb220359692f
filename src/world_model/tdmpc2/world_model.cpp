#include "world_model/tdmpc2/world_model.h"

#include "base/error.h"

namespace foresight {
namespace {

TerminationInput termination_input_of(const std::string& name) {
  if (name == "latent") return TerminationInput::kNextLatent;
  if (name == "latent_action") return TerminationInput::kLatentAction;
  return TerminationInput::kNone;
}

std::int64_t max_of_bins(std::int64_t num_bins) { return std::max<std::int64_t>(num_bins, 1); }

}  // namespace

WorldModel::WorldModel(const Tdmpc2ModelConfig& config, std::int64_t observation_dim,
                       std::int64_t action_dim, const torch::Device& device, std::uint64_t seed)
    : config_(config),
      observation_dim_(observation_dim),
      action_dim_(action_dim),
      device_(device),
      bins_{config.num_bins, config.vmin, config.vmax},
      log_std_{config.log_std == "clamp" ? LogStdForm::kClamp : LogStdForm::kTanh,
               config.log_std_min, config.log_std_max},
      termination_input_(termination_input_of(config.termination)),
      opponents_(config, action_dim, device, seed) {
  FS_CHECK(config.latent_dim % config.simnorm_dim == 0, "latent {} in groups of {}",
           config.latent_dim, config.simnorm_dim);
  FS_CHECK(config.image_channels == 0 || config.latent_dim == 16 * config.encoder_channels,
           "latent {} of {} channels of 4 x 4", config.latent_dim, config.encoder_channels);
  declare_networks();
  Rng model_rng(seed, "world_model/model");
  Rng policy_rng(seed, "world_model/policy");
  Rng target_rng(seed, "world_model/target");
  model_.build(device, /*trainable=*/true, model_rng);
  policy_.build(device, /*trainable=*/true, policy_rng);
  target_.build(device, /*trainable=*/false, target_rng);
  if (config.target_init == "copy") {
    copy_q_to_target();
  } else {
    target_.fill_like_torch(target_rng);
  }
}

void WorldModel::declare_networks() {
  const std::int64_t z = config_.latent_dim + config_.embedding_dim();  // as networks read it
  const std::int64_t za = z + action_dim_;
  MlpConfig latent{.out_dim = config_.latent_dim,
                   .out_activation = Activation::kSimNorm,
                   .simnorm_dim = config_.simnorm_dim};
  latent.in_dim = observation_dim_ + config_.embedding_dim();
  latent.hidden = config_.encoder_hidden;
  latent.out_norm = config_.encoder_norm;
  if (sees_pixels()) {
    pixel_encoder_ = PixelEncoder(model_, "encoder", config_.image_channels,
                                  config_.encoder_channels, config_.simnorm_dim);
  } else {
    encoder_ = Mlp(model_, "encoder", latent);
  }
  latent.in_dim = config_.num_opponents > 0 ? za + action_dim_ : za;
  latent.hidden = config_.dynamics_hidden;
  latent.out_norm = true;
  dynamics_ = Mlp(model_, "dynamics", latent);

  // Zero heads: rewards and values start at 0.
  const MlpConfig head{.in_dim = za,
                       .hidden = config_.reward_hidden,
                       .out_dim = max_of_bins(config_.num_bins),
                       .out_init = Init::kZero};
  reward_ = Mlp(model_, "reward", head);
  if (termination_input_ != TerminationInput::kNone) {
    const bool is_relu = config_.termination_network == "relu";
    termination_ = Mlp(model_, "termination",
                       {.in_dim = termination_input_ == TerminationInput::kLatentAction ? za : z,
                        .hidden = config_.termination_hidden,
                        .out_dim = 1,
                        .hidden_activation = is_relu ? Activation::kRelu : Activation::kMish,
                        .hidden_norm = !is_relu});
  }
  MlpConfig q = head;
  q.hidden = config_.q_hidden;
  q.dropout_place =
      config_.dropout_place == "after_norm" ? DropoutPlace::kAfterNorm : DropoutPlace::kBeforeNorm;
  q_ = Mlp(model_, "q", q, config_.num_q);
  target_q_ = Mlp(target_, "target_q", q, config_.num_q);
  tasks_ = TaskEmbeddings(model_, config_, action_dim_, device_);

  policy_network_ = PolicyNetwork(policy_, "policy", config_, action_dim_);
}

Tensor WorldModel::encode(const Tensor& observation, const TaskContext& task) const {
  if (sees_pixels()) return pixel_encoder_.forward(model_, observation);
  return encoder_.forward(model_, tasks_.appended(observation, task));
}

Tensor WorldModel::next(const Tensor& z, const Tensor& action, const Tensor& opponent_action,
                        const TaskContext& task) const {
  const Tensor state = tasks_.appended(z, task);
  if (opponents_.size() == 0) return dynamics_.forward(model_, torch::cat({state, action}, -1));
  const Tensor theirs = opponent_action.defined() ? opponent_action : torch::zeros_like(action);
  return dynamics_.forward(model_, torch::cat({state, action, theirs}, -1));
}

Tensor WorldModel::next_against(const Tensor& z, const Tensor& action, const Tensor& ids,
                                const TaskContext& task) const {
  return next(z, action, ids.defined() ? opponents_.act(z, ids) : Tensor{}, task);
}

Tensor WorldModel::reward_logits(const Tensor& z, const Tensor& action,
                                 const TaskContext& task) const {
  return reward_.forward(model_, torch::cat({tasks_.appended(z, task), action}, -1));
}

Tensor WorldModel::reward(const Tensor& z, const Tensor& action, const TaskContext& task) const {
  return two_hot_inverse(reward_logits(z, action, task), bins_);
}

Tensor WorldModel::termination_logit(const Tensor& z, const Tensor& action,
                                     const Tensor& next_z) const {
  FS_CHECK(termination_input_ != TerminationInput::kNone, "this model predicts no end");
  return termination_input_ == TerminationInput::kNextLatent
             ? termination_.forward(model_, next_z)
             : termination_.forward(model_, torch::cat({z, action}, -1));
}

WorldModel::PolicyOutput WorldModel::policy(const Tensor& z, const TaskContext& task) const {
  const PolicyNetwork::Output raw = policy_network_.forward(policy_, tasks_.appended(z, task));
  PolicyOutput output{raw.mean, bounded_log_std(raw.log_std, log_std_)};
  if (!task.action_mask.defined()) return output;
  return {output.mean * task.action_mask, output.log_std * task.action_mask};
}

PolicySample WorldModel::sample_policy(const Tensor& z, const Tensor& eps,
                                       const TaskContext& task) const {
  const PolicyOutput output = policy(z, task);
  const Tensor own_eps = task.action_mask.defined() ? eps * task.action_mask : eps;
  return squashed_sample(output.mean, output.log_std, own_eps, task.num_actions);
}

Tensor WorldModel::mean_action(const Tensor& z, const TaskContext& task) const {
  return policy(z, task).mean.tanh();
}

Tensor WorldModel::q_logits(const Tensor& z, const Tensor& action, QSet set, const Tensor& members,
                            const Tensor& dropout_mask, const TaskContext& task) const {
  const Tensor input = torch::cat({tasks_.appended(z, task), action}, -1);
  const Mlp::EnsembleOptions options{
      .members = members, .dropout_mask = dropout_mask, .frozen = set == QSet::kFrozen};
  return set == QSet::kTarget ? target_q_.forward_ensemble(target_, input, options)
                              : q_.forward_ensemble(model_, input, options);
}

Tensor WorldModel::q_values(const Tensor& z, const Tensor& action, QSet set, const Tensor& members,
                            const Tensor& dropout_mask, const TaskContext& task) const {
  return two_hot_inverse(q_logits(z, action, set, members, dropout_mask, task), bins_);
}

void WorldModel::update_target(double tau) {
  const torch::NoGradGuard no_grad;
  const auto [offset, length] = model_.range_of("q.");
  target_.flat().lerp_(model_.flat().narrow(0, offset, length), tau);
}

void WorldModel::copy_q_to_target() {
  const torch::NoGradGuard no_grad;
  const auto [offset, length] = model_.range_of("q.");
  target_.flat().copy_(model_.flat().narrow(0, offset, length));
}

void WorldModel::for_each_tensor(
    const std::function<void(const std::string&, const Tensor&)>& visit) const {
  for (const ParameterSet* set : {&model_, &policy_, &target_}) {
    for (const auto& entry : set->entries()) visit(entry.name, entry.value);
  }
  for (std::int64_t k = 0; k < opponents_.size(); ++k) {
    for (const auto& entry : opponents_.parameters(k).entries()) visit(entry.name, entry.value);
  }
}

std::vector<WorldModel::Network> WorldModel::networks() const {
  std::vector<Network> result{
      {"encoder", "observation to latent state",
       sees_pixels() ? pixel_encoder_.describe() : encoder_.describe(),
       sees_pixels() ? pixel_encoder_.num_parameters() : encoder_.num_parameters()},
      {"dynamics",
       opponents_.size() > 0 ? "latent state, action and the opponent's action to the next one"
                             : "latent state and action to the next latent state",
       dynamics_.describe(), dynamics_.num_parameters()},
      {"reward", "reward of an action in a latent state, two-hot", reward_.describe(),
       reward_.num_parameters()}};
  if (termination_input_ != TerminationInput::kNone) {
    const bool reads_action = termination_input_ == TerminationInput::kLatentAction;
    result.push_back({"termination",
                      reads_action
                          ? "probability that the episode ends, from latent state and action"
                          : "probability that the episode has ended, from the latent state",
                      termination_.describe(), termination_.num_parameters()});
  }
  auto q_layers = q_.describe();
  if (config_.dropout > 0) {
    const bool is_after_norm = config_.dropout_place == "after_norm";
    std::string& first = q_layers[0];
    first.insert(first.find(is_after_norm ? ", Mish" : ", LayerNorm"),
                 fmt::format(", Dropout {}", config_.dropout));
  }
  result.push_back({fmt::format("Q ensemble of {}", config_.num_q),
                    "discounted return of an action in a latent state, two-hot", q_layers,
                    q_.num_parameters()});
  result.push_back({"policy", "proposals for the planner and bootstrap actions",
                    policy_network_.describe(), policy_network_.num_parameters()});
  if (tasks_.num_tasks() > 0) {
    result.push_back({fmt::format("embeddings of {} tasks", tasks_.num_tasks()),
                      "which task it is, read by every network",
                      {fmt::format("{} numbers a task, L2 norm at most 1", tasks_.dim())},
                      tasks_.num_tasks() * tasks_.dim()});
  }
  for (std::int64_t k = 0; k < opponents_.size(); ++k) {
    const PolicyNetwork& clone = opponents_.network(k);
    result.push_back({fmt::format("opponent {}", k), "imitates one opponent in a latent state",
                      clone.describe(), clone.num_parameters()});
  }
  return result;
}

}  // namespace foresight
