// Opponents of imagined games: packing their networks and letting them act in a tile.
#include <algorithm>

#include "base/error.h"
#include "kernels/rollout/rollout_tile.h"

namespace foresight {

void PackedNetworks::reserve_opponents(const RolloutNetworks& networks,
                                       const RolloutOptions& options, const PackFormat& format,
                                       std::vector<PackTask>& tasks) {
  PackFormat full = format;
  full.precision = Precision::kFp32;
  opponents.resize(networks.opponents.size());
  for (std::size_t k = 0; k < opponents.size(); ++k) {
    PackedOpponent& opponent = opponents[k];
    opponent.trunk.reserve(networks.opponents[k].trunk, format, tasks);
    opponent.mean.reserve({networks.opponents[k].mean}, full, tasks);
    FS_CHECK(!opponent.trunk.empty() && opponent.trunk.num_inputs() == options.latent_dim &&
                 opponent.mean.num_inputs() == opponent.trunk.num_outputs() &&
                 opponent.mean.num_outputs() == options.action_dim,
             "opponent {} does not map {} latent numbers to {} actions", k, options.latent_dim,
             options.action_dim);
  }
}

// Before the latents move on: the opponents' actions behind the agent's own.
void RolloutTile::play_opponents() {
  if (networks_.opponents.empty()) return;
  const std::int64_t action_dim = options_.action_dim;
  float* theirs = inputs_ + options_.latent_dim + action_dim;
  if (opponent_ids_ == nullptr) {
    for (std::int64_t r = 0; r < num_rows_; ++r) {
      std::fill_n(theirs + r * input_stride_, action_dim, 0.0f);
    }
    return;
  }
  const auto num_opponents = static_cast<std::int64_t>(networks_.opponents.size());
  std::int64_t num_played = 0;
  for (std::int64_t k = 0; k < num_opponents; ++k) {
    gathered_rows_.clear();
    for (std::int64_t r = 0; r < num_rows_; ++r) {
      if (opponent_ids_[r] == k) gathered_rows_.push_back(r);
    }
    if (!gathered_rows_.empty()) play_opponent(networks_.opponents[static_cast<std::size_t>(k)]);
    num_played += std::ssize(gathered_rows_);
  }
  FS_CHECK(num_played == num_rows_, "{} of {} rows have one of the {} opponents", num_played,
           num_rows_, num_opponents);
}

// Its rows are brought together, so that its network runs once a tile and step.
void RolloutTile::play_opponent(const PackedOpponent& opponent) {
  const std::int64_t action_dim = options_.action_dim;
  const std::int64_t num_rows = std::ssize(gathered_rows_);
  for (std::int64_t i = 0; i < num_rows; ++i) {
    std::copy_n(inputs_ + gathered_rows_[static_cast<std::size_t>(i)] * input_stride_,
                options_.latent_dim, gathered_ + i * gathered_stride_);
  }
  const float* hidden = opponent.trunk.forward(
      {.x = gathered_, .x_stride = gathered_stride_, .num_rows = num_rows}, scratch_);
  TileScratch rest = scratch_;
  if (hidden == rest.buffers[0]) std::swap(rest.buffers[0], rest.buffers[1]);
  // mean_ is free here: the agent's own heads run anew at the latents that follow.
  opponent.mean.forward_into({.x = hidden, .x_stride = scratch_.stride, .num_rows = num_rows}, rest,
                             {mean_, head_stride_});
  networks_.policy->act({.num_rows = num_rows,
                         .action_dim = action_dim,
                         .mean = mean_,
                         .head_stride = head_stride_,
                         .action = mean_,
                         .action_stride = head_stride_});
  float* theirs = inputs_ + options_.latent_dim + action_dim;
  for (std::int64_t i = 0; i < num_rows; ++i) {
    std::copy_n(mean_ + i * head_stride_, action_dim,
                theirs + gathered_rows_[static_cast<std::size_t>(i)] * input_stride_);
  }
}

}  // namespace foresight
