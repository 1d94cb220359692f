#include "kernels/rollout/rollout_tile.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

void copy_rows(const float* from, std::int64_t from_stride, std::int64_t num_rows,
               std::int64_t width, float* to, std::int64_t to_stride) {
  for (std::int64_t r = 0; r < num_rows; ++r) {
    std::copy_n(from + r * from_stride, width, to + r * to_stride);
  }
}

}  // namespace

void RolloutTile::reserve(std::int64_t max_rows) {
  const std::int64_t row_floats = AlignedFloats::kLine * ((max_rows + 15) / AlignedFloats::kLine);
  const bool has_opponents = !networks_.opponents.empty();
  input_stride_ =
      spread_stride(options_.latent_dim + networks_.num_dynamics_actions(options_.action_dim));
  gathered_stride_ = has_opponents ? spread_stride(options_.latent_dim) : 0;
  scratch_.stride = spread_stride(networks_.max_width());
  head_stride_ = spread_stride(options_.action_dim);
  memory_.reserve(max_rows *
                      (input_stride_ + 2 * scratch_.stride + 2 * head_stride_ + gathered_stride_) +
                  4 * row_floats);
  codes_.reserve(max_rows, std::max(options_.latent_dim, networks_.max_width()));
  scratch_.codes = codes_.rows();
  float* next = memory_.data();
  const auto take = [&next](std::int64_t size) {
    float* begin = next;
    next += size;
    return begin;
  };
  inputs_ = take(max_rows * input_stride_);
  scratch_.buffers[0] = take(max_rows * scratch_.stride);
  scratch_.buffers[1] = take(max_rows * scratch_.stride);
  mean_ = take(max_rows * head_stride_);
  log_std_ = take(max_rows * head_stride_);
  returns_ = take(row_floats);
  done_ = take(row_floats);
  decoded_ = take(2 * row_floats);
  gathered_ = take(max_rows * gathered_stride_);
  if (has_opponents) gathered_rows_.reserve(static_cast<std::size_t>(max_rows));
}

void RolloutTile::begin(std::int64_t num_rows, const FirstStep& first, const float* z0) {
  num_rows_ = num_rows;
  first_ = first;
  is_first_step_ = true;
  opponent_ids_ = nullptr;
  discount_ = 1.0f;
  std::fill_n(returns_, num_rows, 0.0f);
  std::fill_n(done_, num_rows, 0.0f);
  if (z0 != nullptr) copy_rows(z0, 0, num_rows, options_.latent_dim, inputs_, input_stride_);
}

void RolloutTile::begin_at(std::int64_t num_rows, const float* z, std::int64_t z_stride) {
  begin(num_rows, {});
  is_first_step_ = false;
  copy_rows(z, z_stride, num_rows, options_.latent_dim, inputs_, input_stride_);
}

void RolloutTile::begin_across(std::int64_t num_rows, const float* z0, std::int64_t first_row,
                               std::int64_t rows_per_env) {
  begin(num_rows, {});
  is_first_step_ = false;
  const std::int64_t z = options_.latent_dim;
  for (std::int64_t r = 0; r < num_rows; ++r) {
    std::copy_n(z0 + (first_row + r) / rows_per_env * z, z, inputs_ + r * input_stride_);
  }
}

TileInput RolloutTile::latents() const {
  return {.x = inputs_, .x_stride = input_stride_, .num_rows = num_rows_};
}

TileInput RolloutTile::latents_and_actions(const float* first_share,
                                           std::int64_t num_actions) const {
  TileInput input = latents();
  if (is_first_step_) {
    input.x += options_.latent_dim;
    input.start = first_share;
    input.num_inputs = num_actions;
  }
  return input;
}

void RolloutTile::put_actions(const float* actions) {
  copy_rows(actions, options_.action_dim, num_rows_, options_.action_dim,
            inputs_ + options_.latent_dim, input_stride_);
}

void RolloutTile::step(const float* actions) {
  using TerminationInput = RolloutOptions::TerminationInput;
  const bool reads_next = options_.termination_input == TerminationInput::kNextLatent;
  put_actions(actions);
  count_reward();
  if (!reads_next) {
    count_termination(latents_and_actions(first_.termination, options_.action_dim));
  }
  move_latents();
  if (reads_next) count_termination(latents());
  discount_ *= options_.discount;
}

void RolloutTile::step_latent(const float* actions) {
  put_actions(actions);
  move_latents();
}

void RolloutTile::count_reward() {
  const float* logits =
      networks_.reward.forward(latents_and_actions(first_.reward, options_.action_dim), scratch_);
  networks_.two_hot->decode({.num_rows = num_rows_,
                             .num_bins = options_.num_bins,
                             .bins = networks_.bins.data(),
                             .logits = logits,
                             .logits_stride = scratch_.stride},
                            decoded_);
  for (std::int64_t r = 0; r < num_rows_; ++r) {
    returns_[r] += discount_ * (1.0f - done_[r]) * decoded_[r];
  }
}

void RolloutTile::count_termination(const TileInput& input) {
  if (options_.termination == RolloutOptions::Termination::kNone) return;
  const bool is_threshold = options_.termination == RolloutOptions::Termination::kThreshold;
  const float* logits = networks_.termination.forward(input, scratch_);
  for (std::int64_t r = 0; r < num_rows_; ++r) {
    float ends = sigmoid(logits[r * scratch_.stride]);
    if (is_threshold) ends = ends > 0.5f ? 1.0f : 0.0f;
    done_[r] = std::clamp(done_[r] + ends, 0.0f, 1.0f);
  }
}

void RolloutTile::move_latents() {
  play_opponents();
  const std::int64_t num_actions = networks_.num_dynamics_actions(options_.action_dim);
  networks_.dynamics.forward_into(latents_and_actions(first_.dynamics, num_actions), scratch_,
                                  {inputs_, input_stride_});
  is_first_step_ = false;
}

void RolloutTile::run_policy_heads() {
  const float* hidden = networks_.policy_trunk.forward(latents(), scratch_);
  // The trunk's result lies in one of the scratch buffers; the heads write into the other.
  TileScratch rest = scratch_;
  if (hidden == rest.buffers[0]) std::swap(rest.buffers[0], rest.buffers[1]);
  const TileInput input{.x = hidden, .x_stride = scratch_.stride, .num_rows = num_rows_};
  networks_.policy_mean.forward_into(input, rest, {mean_, head_stride_});
  if (networks_.policy_log_std.empty()) return;
  networks_.policy_log_std.forward_into(input, rest, {log_std_, head_stride_});
}

void RolloutTile::act(const float* eps, float* actions, std::int64_t action_stride) {
  networks_.policy->act({.num_rows = num_rows_,
                         .action_dim = options_.action_dim,
                         .mean = mean_,
                         .log_std = log_std_,
                         .head_stride = head_stride_,
                         .clamps_log_std = options_.log_std == RolloutOptions::LogStd::kClamp,
                         .min_log_std = options_.min_log_std,
                         .max_log_std = options_.max_log_std,
                         .eps = eps,
                         .action = actions,
                         .action_stride = action_stride});
}

void RolloutTile::last_value(const float* eps, const QPair& pair, float* values) {
  act(eps, inputs_ + options_.latent_dim, input_stride_);
  for (int i = 0; i < 2; ++i) {
    const PackedMlp& q = networks_.q[static_cast<std::size_t>(pair.members[i])];
    const float* logits = q.forward(latents(), scratch_, pair.masks[i]);
    networks_.two_hot->decode({.num_rows = num_rows_,
                               .num_bins = options_.num_bins,
                               .bins = networks_.bins.data(),
                               .logits = logits,
                               .logits_stride = scratch_.stride},
                              decoded_ + i * num_rows_);
  }
  for (std::int64_t r = 0; r < num_rows_; ++r) {
    const float q = (decoded_[r] + decoded_[num_rows_ + r]) * 0.5f;
    values[r] = returns_[r] + discount_ * (1.0f - done_[r]) * q;
  }
}

void RolloutTile::save(const RowState& state) const {
  const std::int64_t action_dim = options_.action_dim;
  copy_rows(inputs_, input_stride_, num_rows_, options_.latent_dim, state.z, state.z_stride);
  copy_rows(mean_, head_stride_, num_rows_, action_dim, state.mean, action_dim);
  if (!networks_.policy_log_std.empty()) {
    copy_rows(log_std_, head_stride_, num_rows_, action_dim, state.log_std, action_dim);
  }
  std::copy_n(returns_, num_rows_, state.returns);
  std::copy_n(done_, num_rows_, state.done);
}

void RolloutTile::load(const RowState& state, std::int64_t num_rows, float discount) {
  const std::int64_t action_dim = options_.action_dim;
  begin_at(num_rows, state.z, state.z_stride);
  copy_rows(state.mean, action_dim, num_rows, action_dim, mean_, head_stride_);
  if (!networks_.policy_log_std.empty()) {
    copy_rows(state.log_std, action_dim, num_rows, action_dim, log_std_, head_stride_);
  }
  std::copy_n(state.returns, num_rows, returns_);
  std::copy_n(state.done, num_rows, done_);
  discount_ = discount;
}

}  // namespace foresight
