#include "world_model/tdmpc2/packed_scorer.h"

#include "base/error.h"
#include "kernels/reduced_linear/choose_precision.h"
#include "kernels/reduced_linear/reduced_kernel.h"

namespace foresight {
namespace {

RolloutOptions options_of(const WorldModel& model, const SequenceValueConfig& config,
                          double discount) {
  RolloutOptions options;
  options.latent_dim = model.config().latent_dim;
  options.action_dim = model.action_dim();
  options.simnorm_dim = model.config().simnorm_dim;
  options.num_bins = model.bins().num_bins;
  options.vmin = static_cast<float>(model.bins().vmin);
  options.vmax = static_cast<float>(model.bins().vmax);
  options.discount = static_cast<float>(discount);
  using Termination = RolloutOptions::Termination;
  if (model.termination_input() != TerminationInput::kNone) {
    options.termination =
        config.end == "threshold" ? Termination::kThreshold : Termination::kProbability;
  }
  options.termination_input = model.termination_input() == TerminationInput::kLatentAction
                                  ? RolloutOptions::TerminationInput::kLatentAndAction
                                  : RolloutOptions::TerminationInput::kNextLatent;
  options.last_action = config.last_action == "sampled" ? RolloutOptions::LastAction::kSample
                                                        : RolloutOptions::LastAction::kMean;
  options.log_std = model.log_std_config().form == LogStdForm::kTanh
                        ? RolloutOptions::LogStd::kTanh
                        : RolloutOptions::LogStd::kClamp;
  options.min_log_std = static_cast<float>(model.log_std_config().min);
  options.max_log_std = static_cast<float>(model.log_std_config().max);
  return options;
}

// Member `member` of a stacked layer; 0 of a single one.
LayerView view_of(const ParameterSet& parameters, const MlpLayer& layer, std::int64_t member) {
  LayerView view{
      .num_inputs = layer.in_dim, .num_outputs = layer.out_dim, .activation = layer.activation};
  const auto at = [&](std::size_t index, std::int64_t stride) {
    return parameters.at(index).data_ptr<float>() + member * stride;
  };
  view.weight = at(layer.weight, layer.in_dim * layer.out_dim);
  view.bias = at(layer.bias, layer.out_dim);
  if (layer.has_norm) {
    view.norm_weight = at(layer.norm_weight, layer.out_dim);
    view.norm_bias = at(layer.norm_bias, layer.out_dim);
  }
  return view;
}

MlpView view_of(const ParameterSet& parameters, const Mlp& network, std::int64_t member = 0) {
  MlpView view;
  for (const MlpLayer& layer : network.layers()) view.push_back(view_of(parameters, layer, member));
  return view;
}

// The mean of a policy, for an opponent that plays it.
OpponentView view_of(const ParameterSet& parameters, const PolicyNetwork& network) {
  OpponentView view{.trunk = view_of(parameters, network.trunk()), .mean = {}};
  if (network.has_separate_heads()) {
    view.mean = view_of(parameters, network.mean_head()).front();
  } else {  // the upper half of one head of 2A outputs
    view.mean = view.trunk.back();
    view.trunk.pop_back();
    view.mean.num_outputs /= 2;
  }
  return view;
}

const float* data_of(const Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<float>() : nullptr;
}

const std::int64_t* ids_of(const Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<std::int64_t>() : nullptr;
}

// The layer with its inputs [first, first + D) fixed to `input` [D]: weights without these columns,
// a bias with their share.
void fix_inputs(LayerView& layer, std::int64_t first, const Tensor& input,
                std::vector<Tensor>& kept) {
  const std::int64_t width = input.size(0);
  const Tensor weight =
      torch::from_blob(const_cast<float*>(layer.weight), {layer.num_outputs, layer.num_inputs});
  const Tensor bias = torch::from_blob(const_cast<float*>(layer.bias), {layer.num_outputs});
  const std::int64_t behind = first + width;
  kept.push_back(torch::cat(
      {weight.narrow(1, 0, first), weight.narrow(1, behind, layer.num_inputs - behind)}, 1));
  layer.weight = kept.back().data_ptr<float>();
  kept.push_back(bias + weight.narrow(1, first, width).mv(input));
  layer.bias = kept.back().data_ptr<float>();
  layer.num_inputs -= width;
}

// The layer with outputs 0 where mask [num_outputs] is 0.
void mask_outputs(LayerView& layer, const Tensor& mask, std::vector<Tensor>& kept) {
  kept.push_back(
      torch::from_blob(const_cast<float*>(layer.weight), {layer.num_outputs, layer.num_inputs}) *
      mask.unsqueeze(1));
  layer.weight = kept.back().data_ptr<float>();
  kept.push_back(torch::from_blob(const_cast<float*>(layer.bias), {layer.num_outputs}) * mask);
  layer.bias = kept.back().data_ptr<float>();
}

// Of `count` samples from `first` on: [B, count].
Tensor part_of(const Tensor& ids, std::int64_t first, std::int64_t count) {
  return ids.defined() ? ids.narrow(1, first, count).contiguous() : ids;
}

}  // namespace

Precision usable_precision(const std::string& word) {
  if (word == "auto") {
    static const Precision fastest = choose_precision();
    return fastest;
  }
  for (const Precision precision : {Precision::kBf16, Precision::kInt8}) {
    if (word == name_of(precision) && is_native(precision, cpu_level())) return precision;
  }
  return Precision::kFp32;
}

std::string fastest_precision() { return name_of(choose_precision()); }

PackedScorer::PackedScorer(const WorldModel& model, const SequenceValueConfig& config,
                           double discount, RolloutThreads threads)
    : model_(model),
      plans_with_target_(config.last_q == "target"),
      rollout_(options_of(model, config, discount), threads) {
  FS_CHECK(model.device().is_cpu(), "packed weights are for the CPU");
  pack();
}

void PackedScorer::specialise(RolloutNetworks& networks, std::vector<Tensor>& kept) {
  if (model_.tasks().num_tasks() == 0) return;
  const torch::NoGradGuard no_grad;
  const TaskContext task = model_.look_up(torch::tensor({task_}, torch::kLong));
  const Tensor embedding = task.embedding[0];
  action_mask_ = task.action_mask[0];
  const std::int64_t z = model_.config().latent_dim;
  fix_inputs(networks.encoder.front(), model_.observation_dim(), embedding, kept);
  for (MlpView* network : {&networks.dynamics, &networks.reward, &networks.policy_trunk}) {
    fix_inputs(network->front(), z, embedding, kept);
  }
  for (MlpView& member : networks.q) fix_inputs(member.front(), z, embedding, kept);
  mask_outputs(networks.policy_mean, action_mask_, kept);
  mask_outputs(networks.policy_log_std, action_mask_, kept);
}

void PackedScorer::set_task(std::int64_t task, double discount) {
  task_ = task;
  rollout_.set_discount(static_cast<float>(discount));
  pack();
}

// Padded actions have the mean 0, and with eps 0 they are 0 whatever their std.
Tensor PackedScorer::own_eps(const Tensor& eps) const {
  if (!eps.defined()) return eps;
  return action_mask_.defined() ? (eps * action_mask_).contiguous() : eps.contiguous();
}

void PackedScorer::pack() {
  FS_CHECK(model_.tasks().num_tasks() == 0 || model_.termination_input() == TerminationInput::kNone,
           "a model of several tasks predicts no end");
  const ParameterSet& parameters = model_.model_parameters();
  const ParameterSet& policy = model_.policy_parameters();
  RolloutNetworks networks;
  networks.encoder = view_of(parameters, model_.encoder_network());
  networks.dynamics = view_of(parameters, model_.dynamics_network());
  networks.reward = view_of(parameters, model_.reward_network());
  if (model_.termination_input() != TerminationInput::kNone) {
    networks.termination = view_of(parameters, model_.termination_network());
  }
  const PolicyNetwork& own = model_.policy_network();
  networks.policy_trunk = view_of(policy, own.trunk());
  if (own.has_separate_heads()) {
    networks.policy_mean = view_of(policy, own.mean_head()).front();
    networks.policy_log_std = view_of(policy, own.log_std_head()).front();
  } else {
    // One head of 2A outputs: its upper half is the mean, its lower half the log-std.
    LayerView head = networks.policy_trunk.back();
    networks.policy_trunk.pop_back();
    head.num_outputs /= 2;
    networks.policy_mean = head;
    networks.policy_log_std = head;
    networks.policy_log_std.weight += head.num_outputs * head.num_inputs;
    networks.policy_log_std.bias += head.num_outputs;
  }
  for (std::int64_t member = 0; member < model_.config().num_q; ++member) {
    networks.q.push_back(
        plans_with_target_ ? view_of(model_.target_parameters(), model_.target_q_network(), member)
                           : view_of(parameters, model_.q_network(), member));
  }
  const OpponentClones& clones = model_.opponents();
  for (std::int64_t k = 0; k < clones.size(); ++k) {
    networks.opponents.push_back(view_of(clones.parameters(k), clones.network(k)));
  }
  std::vector<Tensor> kept;
  specialise(networks, kept);
  rollout_.pack(networks);
}

Tensor PackedScorer::encode(const Tensor& observation) {
  if (model_.sees_pixels()) {  // convolutions are not packed
    const torch::NoGradGuard no_grad;
    return model_.encode(observation);
  }
  const Tensor rows = observation.contiguous();
  Tensor z = torch::empty({rows.size(0), model_.config().latent_dim});
  rollout_.encode(rows.size(0), rows.data_ptr<float>(), z.data_ptr<float>());
  return z;
}

Tensor PackedScorer::propose(const Tensor& z0, const Tensor& eps) {
  const Tensor z = z0.contiguous();
  const Tensor noise = own_eps(eps);
  const Tensor ids = part_of(opponents_.proposals, 0, noise.size(2));
  Tensor actions = torch::empty_like(noise);
  rollout_.propose(noise.size(1), noise.size(2), noise.size(0), z.data_ptr<float>(),
                   noise.data_ptr<float>(), actions.data_ptr<float>(), ids_of(ids));
  return actions;
}

void PackedScorer::begin(const Tensor& z0, const Tensor& proposals) {
  const Tensor z = z0.contiguous();
  const Tensor actions = proposals.contiguous();
  num_proposals_ = actions.size(2);
  const Tensor ids = part_of(opponents_.samples, 0, num_proposals_);
  rollout_.begin(z.size(0), num_proposals_, actions.size(0), z.data_ptr<float>(),
                 actions.data_ptr<float>(), ids_of(ids));
}

Tensor PackedScorer::score(const Tensor& actions, const ScoreDraws& draws) {
  const Tensor sequences = actions.contiguous();  // [H, B, M, A]
  const Tensor eps = own_eps(draws.policy_eps);
  const Tensor mask =
      draws.dropout_mask.defined() ? draws.dropout_mask.contiguous() : draws.dropout_mask;
  const Tensor ids = part_of(opponents_.samples, num_proposals_, sequences.size(2));
  ScoreCall call;
  call.opponents = ids_of(ids);
  call.num_samples = sequences.size(2);
  call.actions = sequences.data_ptr<float>();
  call.policy_eps = data_of(eps);
  call.q_pair[0] = draws.q_pair.data_ptr<std::int64_t>()[0];
  call.q_pair[1] = draws.q_pair.data_ptr<std::int64_t>()[1];
  call.dropout_mask = data_of(mask);
  call.deadline = deadline_;
  Tensor values = torch::empty({sequences.size(1), num_proposals_ + sequences.size(2)});
  return rollout_.score(call, values.data_ptr<float>()) ? values : Tensor{};
}

Tensor PackedScorer::act(const Tensor& z, const Tensor& eps) {
  const Tensor rows = z.contiguous();
  const Tensor noise = own_eps(eps);
  Tensor actions = torch::empty({rows.size(0), model_.action_dim()});
  rollout_.act(rows.size(0), rows.data_ptr<float>(), data_of(noise), actions.data_ptr<float>());
  return actions;
}

}  // namespace foresight
