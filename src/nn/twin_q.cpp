#include "nn/twin_q.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "nn/rank_tensors.h"

namespace foresight {
namespace {

constexpr std::int64_t kNumMembers = 2;

MlpConfig q_shape(const TwinQConfig& config) {
  return {.in_dim = config.observation_dim + config.action_dim,
          .hidden = config.hidden,
          .out_dim = 1,
          .hidden_activation = Activation::kRelu,
          .hidden_norm = false};
}

}  // namespace

TwinQ::TwinQ(const TwinQConfig& config, Rng& rng)
    : config_(config),
      mlp_(online_, "q", q_shape(config), kNumMembers),
      target_mlp_(target_, "target_q", q_shape(config), kNumMembers) {
  online_.build(torch::kCPU, /*trainable=*/true, rng);
  online_.fill_like_torch(rng);
  target_.build(torch::kCPU, /*trainable=*/false, rng);
  optimiser_.emplace(online_.flat(),
                     std::vector<AdamPart>{{0, online_.size(), config.learning_rate}},
                     AdamConfig{});
  tape_.emplace(mlp_, online_);
  target_tape_.emplace(target_mlp_, target_);
  copy_to_target();
}

std::span<const float> TwinQ::join(const QInput& input) {
  const std::int64_t num_rows = std::ssize(input.observation) / config_.observation_dim;
  FS_CHECK(num_rows * config_.observation_dim == std::ssize(input.observation) &&
               num_rows * config_.action_dim == std::ssize(input.action),
           "{} observation and {} action numbers", input.observation.size(), input.action.size());
  const std::int64_t width = config_.observation_dim + config_.action_dim;
  input_.resize(static_cast<std::size_t>(num_rows * width));
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const auto to = input_.begin() + row * width;
    std::copy_n(input.observation.begin() + row * config_.observation_dim, config_.observation_dim,
                to);
    std::copy_n(input.action.begin() + row * config_.action_dim, config_.action_dim,
                to + config_.observation_dim);
  }
  return input_;
}

std::span<const float> TwinQ::target_min(const QInput& input) {
  const auto q = target_tape_->forward(join(input));  // [2, B, 1]
  const std::size_t num_rows = q.size() / kNumMembers;
  result_.resize(num_rows);
  for (std::size_t row = 0; row < num_rows; ++row) {
    result_[row] = std::min(q[row], q[num_rows + row]);
  }
  return result_;
}

double TwinQ::fit(const QInput& input, std::span<const float> target,
                  std::span<const float> weight) {
  const auto q = tape_->forward(join(input));  // [2, B, 1]
  const std::size_t num_rows = target.size();
  FS_CHECK(q.size() == kNumMembers * num_rows && (weight.empty() || weight.size() == num_rows),
           "{} values, {} targets, {} weights", q.size(), num_rows, weight.size());
  errors_.resize(q.size());
  grad_q_.resize(q.size());
  double loss = 0.0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    const std::size_t row = i % num_rows;
    const float share = (weight.empty() ? 1.0f : weight[row]) / static_cast<float>(num_rows);
    errors_[i] = q[i] - target[row];
    grad_q_[i] = share * errors_[i];
    loss += 0.5 * static_cast<double>(grad_q_[i]) * static_cast<double>(errors_[i]);
  }
  tape_->backward(grad_q_);
  average_over(*ranks_, online_.flat_gradient());
  optimiser_->step(online_.flat_gradient(), config_.grad_clip_norm > 0
                                                ? config_.grad_clip_norm
                                                : std::numeric_limits<double>::infinity());
  return loss;
}

std::span<const float> TwinQ::value_and_slope(const QInput& input, Which which,
                                              std::span<float> slope) {
  FS_CHECK(slope.size() == input.action.size(), "{} slopes of {} action numbers", slope.size(),
           input.action.size());
  const auto q = tape_->forward(join(input));  // [2, B, 1]
  const std::size_t num_rows = q.size() / kNumMembers;
  result_.resize(num_rows);
  grad_q_.assign(q.size(), 0.0f);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const bool is_first = which == Which::kFirst || q[row] <= q[num_rows + row];
    const std::size_t chosen = is_first ? row : num_rows + row;
    result_[row] = q[chosen];
    grad_q_[chosen] = 1.0f;
  }
  grad_input_.resize(input_.size());
  tape_->backward_to_input(grad_q_, grad_input_);
  const std::int64_t action_dim = config_.action_dim;
  const std::int64_t width = config_.observation_dim + action_dim;
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(num_rows); ++row) {
    std::copy_n(grad_input_.begin() + row * width + config_.observation_dim, action_dim,
                slope.begin() + row * action_dim);
  }
  return result_;
}

void TwinQ::move_target(double tau) { move_towards(target_.flat(), online_.flat(), tau); }

}  // namespace foresight
