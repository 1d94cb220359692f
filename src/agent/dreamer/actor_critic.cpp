#include "agent/dreamer/actor_critic.h"

#include <cmath>

#include "agent/dreamer/lambda_return.h"
#include "base/error.h"
#include "nn/normal_constants.h"
#include "nn/rank_tensors.h"

namespace foresight {
namespace {

ActorCritic::Gradient gradient_of(const std::string& name, bool is_discrete) {
  if (name == "dynamics") return ActorCritic::Gradient::kDynamics;
  if (name == "reinforce") return ActorCritic::Gradient::kReinforce;
  if (name == "both") return ActorCritic::Gradient::kBoth;
  return is_discrete ? ActorCritic::Gradient::kReinforce : ActorCritic::Gradient::kDynamics;
}

}  // namespace

ActorCritic::ActorCritic(const ActorCriticConfig& config, const WorldModelConfig& world,
                         double discount, std::int64_t action_dim, bool is_discrete,
                         const torch::Device& device, std::uint64_t seed)
    : config_(config),
      discount_(discount),
      gradient_(gradient_of(config.gradient, is_discrete)),
      gradient_mix_(config.gradient_mix, "agent.behaviour.gradient_mix"),
      entropy_scale_(config.entropy_scale, "agent.behaviour.entropy_scale"),
      reward_norm_(config.reward_norm, device) {
  const std::int64_t feature_dim = world.rssm.feature_dim();
  policy_ = std::make_unique<Policy>(actor_, config.actor, config.actor.kind(is_discrete),
                                     feature_dim, action_dim);
  critic_head_ = std::make_unique<ScalarHead>(critic_, "critic", feature_dim, config.critic);
  const ScalarHead slow(slow_, "target_critic", feature_dim, config.critic);  // the same indices
  Rng rng(seed, "dreamer/behaviour");
  actor_.build(device, /*trainable=*/true, rng);
  critic_.build(device, /*trainable=*/true, rng);
  slow_.build(device, /*trainable=*/false, rng);
  actor_weights_ = trainable_weights(actor_);
  actor_constants_ = constant_weights(actor_);
  critic_weights_ = trainable_weights(critic_);
  slow_weights_ = constant_weights(config.slow_target ? slow_ : critic_);
  actor_optimiser_ = std::make_unique<KerasAdam>(actor_.flat(), config.actor_optimiser);
  critic_optimiser_ = std::make_unique<KerasAdam>(critic_.flat(), config.critic_optimiser);
}

ActionDistribution ActorCritic::act(const Tensor& features) const {
  const torch::NoGradGuard no_grad;
  return policy_->forward(actor_constants_, features);
}

Dream ActorCritic::imagine(const DreamWorld& world, const RssmState& start,
                           const Tensor& is_terminal, const DreamDraws& draws) {
  // Reinforce learns from what happened, not from how it came about.
  const torch::AutoGradMode grad_mode(gradient_ != Gradient::kReinforce);
  const Rssm& rssm = world.model.rssm();
  Dream dream;
  dream.states.push_back(start);
  std::vector<Tensor> features{start.features()};
  std::vector<Tensor> actions{torch::zeros_like(draws.action[0])};
  for (std::int64_t t = 0; t < config_.horizon; ++t) {
    const ActionDistribution policy = policy_->forward(actor_weights_, features.back().detach());
    actions.push_back(policy.sample(draws.action[t]));
    dream.states.push_back(
        rssm.imagine(world.weights, dream.states.back(), actions.back(), draws.prior[t]));
    features.push_back(dream.states.back().features());
  }
  dream.features = torch::stack(features);
  dream.action = torch::stack(actions);
  dream.reward = reward_norm_(world.model.reward().forward(world.weights, dream.features), *ranks_);
  if (world.model.discount()) {
    const Tensor predicted =
        world.model.discount()->forward(world.weights, dream.features).sigmoid();
    const Tensor known = discount_ * (1.0 - is_terminal);
    dream.discount = torch::cat({known.unsqueeze(0), predicted.slice(0, 1)});
  } else {
    dream.discount = torch::full_like(dream.reward, discount_);
  }
  const Tensor before =
      torch::cat({torch::ones_like(dream.discount.slice(0, 0, 1)), dream.discount.slice(0, 0, -1)});
  dream.weight = before.detach().cumprod(0);
  return dream;
}

// What the policy shall make large in states 0 .. H - 2: [H - 1, N].
Tensor ActorCritic::objective(const ActorCriticLoss& result, const Tensor& gradient_mix) const {
  const Tensor later_target = result.target.slice(0, 1);
  if (gradient_ == Gradient::kDynamics) return later_target;
  const std::int64_t horizon = config_.horizon;
  const Tensor advantage = (later_target - result.slow_value.slice(0, 0, horizon - 1)).detach();
  const Tensor by_choice = result.log_prob * advantage;
  if (gradient_ == Gradient::kReinforce) return by_choice;
  return gradient_mix * later_target + (1.0 - gradient_mix) * by_choice;
}

ActorCriticLoss ActorCritic::losses(const Dream& dream, const DreamDraws& draws,
                                    const BehaviourScales& scales) const {
  const std::int64_t horizon = config_.horizon;
  ActorCriticLoss result;
  result.slow_value = critic_head_->forward(slow_weights_, dream.features);
  result.target = lambda_return(
      dream.reward.slice(0, 0, horizon), dream.discount.slice(0, 0, horizon),
      result.slow_value.slice(0, 0, horizon), result.slow_value[horizon], config_.lambda);
  const Tensor seen = dream.features.detach();
  const ActionDistribution policy = policy_->forward(actor_weights_, seen.slice(0, 0, horizon - 1));
  result.entropy = policy.entropy(draws.entropy);
  if (gradient_ != Gradient::kDynamics) {
    const Tensor action = dream.action.slice(0, 1, horizon);
    result.log_prob = policy.log_prob(gradient_ == Gradient::kReinforce ? action.detach() : action);
  }
  const Tensor gain = objective(result, scales.gradient_mix) + scales.entropy * result.entropy;
  result.actor = -(dream.weight.slice(0, 0, horizon - 1) * gain).mean();

  result.value = critic_head_->forward(critic_weights_, seen.slice(0, 0, horizon));
  const Tensor error = result.value - result.target.detach();
  result.critic =
      (dream.weight.slice(0, 0, horizon) * (0.5 * error.square() + kHalfLogTwoPi)).mean();
  return result;
}

BehaviourScales ActorCritic::scales_at(std::int64_t steps) const {
  const auto number = [](double value) { return torch::scalar_tensor(value, torch::kDouble); };
  return {.entropy = number(entropy_scale_.at(steps)),
          .gradient_mix = number(gradient_mix_.at(steps))};
}

void ActorCritic::count_update() {
  actor_optimiser_->count_step();
  critic_optimiser_->count_step();
}

NamedNumbers ActorCritic::apply_update(const DreamWorld& world, const RssmState& start,
                                       const Tensor& is_terminal, const DreamDraws& draws,
                                       const BehaviourScales& scales) {
  const Dream dream = imagine(world, start, is_terminal, draws);
  const ActorCriticLoss loss = losses(dream, draws, scales);
  actor_.flat_gradient().zero_();
  critic_.flat_gradient().zero_();
  loss.actor.backward();
  loss.critic.backward();
  average_over(*ranks_, actor_.flat_gradient());
  average_over(*ranks_, critic_.flat_gradient());
  actor_optimiser_->apply(actor_.flat_gradient());
  critic_optimiser_->apply(critic_.flat_gradient());
  const auto mean = [](const Tensor& x) { return x.detach().mean(); };
  return {{"loss/actor", loss.actor.detach()},
          {"loss/critic", loss.critic.detach()},
          {"dream/reward_mean", mean(dream.reward)},
          {"dream/discount_mean", mean(dream.discount)},
          {"value/target_mean", mean(loss.target)},
          {"value/slow_mean", mean(loss.slow_value)},
          {"value/mean", mean(loss.value)},
          {"policy/entropy", mean(loss.entropy)},
          {"policy/entropy_scale", scales.entropy},
          {"grad_norm/actor", actor_optimiser_->gradient_norm()},
          {"grad_norm/critic", critic_optimiser_->gradient_norm()}};
}

void ActorCritic::update_slow_target() {
  if (config_.slow_target && num_updates_ % config_.slow_target_every == 0) {
    const torch::NoGradGuard no_grad;
    const double share = num_updates_ == 0 ? 1.0 : config_.slow_target_fraction;
    slow_.flat().mul_(1.0 - share).add_(critic_.flat(), share);
  }
  ++num_updates_;
}

}  // namespace foresight
