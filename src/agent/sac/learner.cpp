#include "agent/sac/learner.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/profile.h"
#include "base/rng.h"
#include "nn/rank_tensors.h"

namespace foresight {
namespace {

constexpr float kHalfLogTwoPi = 0.91893853320467274f;
constexpr float kSquashEpsilon = 1e-6f;  // stable_baselines3, SquashedDiagGaussianDistribution

double mean_of(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

}  // namespace

SacLearner::SacLearner(const SacLearnerConfig& config, const EnvSpec& env, std::uint64_t seed)
    : config_(config),
      observation_dim_(env.observation_dim),
      action_dim_(env.action_dim),
      actor_mlp_(actor_, "actor",
                 {.in_dim = env.observation_dim,
                  .hidden = config.hidden,
                  .out_dim = 2 * env.action_dim,
                  .hidden_activation = Activation::kRelu,
                  .hidden_norm = false}) {
  Rng rng(seed, "sac/weights");
  actor_.build(torch::kCPU, /*trainable=*/true, rng);
  actor_.fill_like_torch(rng);
  const std::size_t index = temperature_.declare("log_temperature", {1}, Init::kZero);
  temperature_.build(torch::kCPU, /*trainable=*/true, rng);
  *temperature_.data_of(index) = static_cast<float>(std::log(config.temperature));
  actor_tape_.emplace(actor_mlp_, actor_);
  actor_optimiser_.emplace(
      actor_.flat(), std::vector<AdamPart>{{0, actor_.size(), config.learning_rate}}, AdamConfig{});
  temperature_optimiser_.emplace(temperature_.flat(),
                                 std::vector<AdamPart>{{0, 1, config.learning_rate}}, AdamConfig{});
  critics_.emplace(TwinQConfig{.observation_dim = env.observation_dim,
                               .action_dim = env.action_dim,
                               .hidden = config.hidden,
                               .learning_rate = config.learning_rate,
                               .grad_clip_norm = config.grad_clip_norm},
                   rng);
}

void SacLearner::join(Ranks& ranks) {
  ranks_ = &ranks;
  critics_->join(ranks);
}

double SacLearner::temperature() const {
  return std::exp(static_cast<double>(*temperature_.data_of(0)));
}

double SacLearner::max_norm() const {
  return config_.grad_clip_norm > 0 ? config_.grad_clip_norm
                                    : std::numeric_limits<double>::infinity();
}

// raw [R, 2 A], eps [R, A] -> action_ [R, A] = tanh(mean + std eps) and its log-density log_prob_
// [R].
void SacLearner::sample_actions(std::span<const float> raw, std::span<const float> eps) {
  const std::int64_t num_rows = std::ssize(eps) / action_dim_;
  action_.resize(eps.size());
  log_prob_.resize(static_cast<std::size_t>(num_rows));
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const float* mean = raw.data() + row * 2 * action_dim_;
    const float* raw_log_std = mean + action_dim_;
    float log_prob = 0.0f;
    for (std::int64_t j = 0; j < action_dim_; ++j) {
      const std::int64_t i = row * action_dim_ + j;
      const float log_std = std::clamp(raw_log_std[j], static_cast<float>(config_.log_std_min),
                                       static_cast<float>(config_.log_std_max));
      const float action = std::tanh(mean[j] + std::exp(log_std) * eps[i]);
      action_[i] = action;
      log_prob += -0.5f * eps[i] * eps[i] - log_std - kHalfLogTwoPi -
                  std::log(1.0f - action * action + kSquashEpsilon);
    }
    log_prob_[row] = log_prob;
  }
}

SacUpdateResult SacLearner::update(const TransitionBatch& batch, std::span<const float> eps) {
  const std::int64_t batch_size = std::ssize(batch.rewards);
  FS_CHECK(std::ssize(batch.observations) == 2 * batch_size * observation_dim_ &&
               std::ssize(batch.actions) == batch_size * action_dim_ &&
               std::ssize(eps) == 2 * batch_size * action_dim_,
           "{} rewards, {} observation and {} action numbers, {} draws", batch_size,
           batch.observations.size(), batch.actions.size(), eps.size());
  SacUpdateResult result;
  // The policy does not move before its own step: one pass for both halves of the batch.
  std::span<const float> raw;  // [2, B, 2 A]
  {
    const ProfileScope scope("update/actor_forward");
    raw = actor_tape_->forward(batch.observations);
    sample_actions(raw, eps);
  }
  const double temperature = this->temperature();  // of this whole update: before its step
  result.temperature = temperature;
  update_temperature(batch_size, result);
  update_critics(batch, temperature, result);
  update_actor(batch, raw, eps, temperature, result);
  const ProfileScope scope("update/target_net");
  critics_->move_target(config_.target_tau);
  return result;
}

// Loss: -log_temperature mean(log pi + target entropy).
void SacLearner::update_temperature(std::int64_t batch_size, SacUpdateResult& result) {
  const double log_prob = mean_of(std::span(log_prob_).first(static_cast<std::size_t>(batch_size)));
  result.entropy = -log_prob;
  if (config_.fixed_temperature) return;
  const double target_entropy =
      config_.target_entropy_per_action * static_cast<double>(action_dim_);
  const double gradient = -(log_prob + target_entropy);
  result.temperature_loss = static_cast<double>(*temperature_.data_of(0)) * gradient;
  *temperature_.gradient_of(0) = static_cast<float>(gradient);
  average_over(*ranks_, temperature_.flat_gradient());
  temperature_optimiser_->step(temperature_.flat_gradient());
}

// Targets: r + bootstrap (min of the slow values(s', a') - temperature log pi(a' | s')).
void SacLearner::update_critics(const TransitionBatch& batch, double temperature,
                                SacUpdateResult& result) {
  const ProfileScope scope("update/critics");
  const std::size_t batch_size = batch.rewards.size();
  const std::span observations(batch.observations);
  const std::size_t half = observations.size() / 2;
  const auto next_value = critics_->target_min(
      {observations.subspan(half), std::span(action_).subspan(batch.actions.size())});
  target_.resize(batch_size);
  for (std::size_t b = 0; b < batch_size; ++b) {
    target_[b] = batch.rewards[b] +
                 batch.bootstrap[b] *
                     (next_value[b] - static_cast<float>(temperature) * log_prob_[batch_size + b]);
  }
  result.target = mean_of(target_);
  result.critic_loss =
      critics_->fit({observations.first(half), batch.actions}, target_, batch.weights);
  result.critic_grad_norm = critics_->optimiser().gradient_norm_value();
  const auto errors = critics_->errors();  // [2, B]
  priority_.resize(batch_size);
  for (std::size_t b = 0; b < batch_size; ++b) {
    priority_[b] = 0.5f * (std::abs(errors[b]) + std::abs(errors[batch_size + b]));
  }
}

// Loss: mean(temperature log pi - min q(s, a)), a = tanh(u), u = mean + std eps. With
// d log pi / du = 2 a (1 - a^2) / (1 - a^2 + epsilon) and d log pi / d log_std = -1 + eps std of
// it.
void SacLearner::update_actor(const TransitionBatch& batch, std::span<const float> raw,
                              std::span<const float> eps, double temperature,
                              SacUpdateResult& result) {
  const ProfileScope scope("update/actor");
  const std::size_t batch_size = batch.rewards.size();
  const std::span observations(batch.observations);
  const std::span action = std::span<const float>(action_).first(batch.actions.size());
  slope_.resize(action.size());
  const auto value = critics_->value_and_slope(
      {observations.first(observations.size() / 2), action}, TwinQ::Which::kMinimum, slope_);
  result.value = mean_of(value);
  result.actor_loss = -temperature * result.entropy - result.value;

  grad_raw_.resize(batch_size * static_cast<std::size_t>(2 * action_dim_));
  const auto share = 1.0f / static_cast<float>(batch_size);
  const auto weight = static_cast<float>(temperature);
  for (std::size_t i = 0; i < action.size(); ++i) {
    const std::int64_t row = static_cast<std::int64_t>(i) / action_dim_;
    const std::int64_t at = row * 2 * action_dim_ + static_cast<std::int64_t>(i) % action_dim_;
    const float raw_log_std = raw[at + action_dim_];
    const float a = action[i];
    const float squash = 1.0f - a * a;
    const float by_action = weight * 2.0f * a / (squash + kSquashEpsilon) - slope_[i];
    const float by_mean = share * by_action * squash;
    // As torch.clamp: no slope outside of the bounds.
    const bool is_inside = raw_log_std >= static_cast<float>(config_.log_std_min) &&
                           raw_log_std <= static_cast<float>(config_.log_std_max);
    grad_raw_[at] = by_mean;
    grad_raw_[at + action_dim_] =
        is_inside ? by_mean * std::exp(raw_log_std) * eps[i] - share * weight : 0.0f;
  }
  actor_tape_->backward(grad_raw_);
  average_over(*ranks_, actor_.flat_gradient());
  actor_optimiser_->step(actor_.flat_gradient(), max_norm());
  result.actor_grad_norm = actor_optimiser_->gradient_norm_value();
}

}  // namespace foresight
