#include "replay/episode_store.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

void check_finite(const std::vector<float>& values, const char* what) {
  for (const float value : values) {
    FS_CHECK(std::isfinite(value), "{} of an episode holds {}", what, value);
  }
}

}  // namespace

EpisodeStore::EpisodeStore(std::int64_t observation_dim, std::int64_t action_dim,
                           std::int64_t capacity, std::int64_t opponent_dim)
    : index_(capacity),
      observation_dim_(observation_dim),
      action_dim_(action_dim),
      opponent_dim_(opponent_dim) {}

std::int64_t EpisodeStore::add(const Episode& episode) {
  const std::int64_t steps = episode.num_steps();
  FS_CHECK(std::ssize(episode.observations) == (steps + 1) * observation_dim_ &&
               std::ssize(episode.actions) == steps * action_dim_ &&
               std::ssize(episode.terminated) == steps &&
               std::ssize(episode.opponent_actions) == steps * opponent_dim_,
           "arrays of an episode of {} steps do not fit together", steps);
  check_finite(episode.observations, "observation");
  check_finite(episode.actions, "action");
  check_finite(episode.rewards, "reward");
  check_finite(episode.opponent_actions, "opponent's action");

  const Stored& stored = index_.add(steps, episode.opponent);
  for (std::int64_t i = 0; i <= steps; ++i) {
    const std::int64_t at = (stored.first_row + i) % capacity();
    if (at >= std::ssize(rewards_)) {
      // Grows to the ring's size as it fills for the first time.
      observations_.resize(static_cast<std::size_t>((at + 1) * observation_dim_));
      actions_.resize(static_cast<std::size_t>((at + 1) * action_dim_));
      rewards_.resize(static_cast<std::size_t>(at + 1));
      terminated_.resize(static_cast<std::size_t>(at + 1));
      opponent_actions_.resize(static_cast<std::size_t>((at + 1) * opponent_dim_));
    }
    std::copy_n(episode.observations.begin() + i * observation_dim_, observation_dim_,
                observations_.begin() + at * observation_dim_);
    if (i == 0) continue;  // no step leads to the first row; slices never read what is there
    std::copy_n(episode.actions.begin() + (i - 1) * action_dim_, action_dim_,
                actions_.begin() + at * action_dim_);
    std::copy_n(episode.opponent_actions.begin() + (i - 1) * opponent_dim_, opponent_dim_,
                opponent_actions_.begin() + at * opponent_dim_);
    rewards_[static_cast<std::size_t>(at)] = episode.rewards[static_cast<std::size_t>(i - 1)];
    terminated_[static_cast<std::size_t>(at)] = episode.terminated[static_cast<std::size_t>(i - 1)];
  }
  return stored.number;
}

void EpisodeStore::gather(std::span<const SliceIndex> slices, std::int64_t horizon,
                          SliceBatch& batch) const {
  const std::int64_t count = std::ssize(slices);
  batch.num_slices = count;
  batch.horizon = horizon;
  batch.observations.resize(static_cast<std::size_t>((horizon + 1) * count * observation_dim_));
  batch.actions.resize(static_cast<std::size_t>(horizon * count * action_dim_));
  batch.rewards.resize(static_cast<std::size_t>(horizon * count));
  batch.terminated.resize(static_cast<std::size_t>(horizon * count));
  for (std::int64_t b = 0; b < count; ++b) {
    const std::int64_t position = position_of(slices[static_cast<std::size_t>(b)].episode);
    FS_CHECK(position >= 0, "slice {} is of an overwritten episode", b);
    const Stored& stored = episodes()[static_cast<std::size_t>(position)];
    const std::int64_t start = slices[static_cast<std::size_t>(b)].start;
    FS_CHECK(start >= 0 && start < stored.num_slices(horizon), "slice {} starts at {} of {} rows",
             b, start, stored.num_rows);
    for (std::int64_t t = 0; t <= horizon; ++t) {
      const std::int64_t at = (stored.first_row + start + t) % capacity();
      std::copy_n(observations_.begin() + at * observation_dim_, observation_dim_,
                  batch.observations.begin() + (t * count + b) * observation_dim_);
      if (t == 0) continue;
      const std::int64_t to = (t - 1) * count + b;
      std::copy_n(actions_.begin() + at * action_dim_, action_dim_,
                  batch.actions.begin() + to * action_dim_);
      batch.rewards[static_cast<std::size_t>(to)] = rewards_[static_cast<std::size_t>(at)];
      batch.terminated[static_cast<std::size_t>(to)] = terminated_[static_cast<std::size_t>(at)];
    }
  }
}

Episode EpisodeStore::copy_of(std::int64_t position) const {
  const Stored& stored = episodes()[static_cast<std::size_t>(position)];
  Episode episode;
  episode.opponent = stored.opponent;
  for (std::int64_t i = 0; i < stored.num_rows; ++i) {
    const std::int64_t at = (stored.first_row + i) % capacity();
    episode.observations.insert(episode.observations.end(),
                                observations_.begin() + at * observation_dim_,
                                observations_.begin() + (at + 1) * observation_dim_);
    if (i == 0) continue;
    episode.actions.insert(episode.actions.end(), actions_.begin() + at * action_dim_,
                           actions_.begin() + (at + 1) * action_dim_);
    episode.opponent_actions.insert(episode.opponent_actions.end(),
                                    opponent_actions_.begin() + at * opponent_dim_,
                                    opponent_actions_.begin() + (at + 1) * opponent_dim_);
    episode.rewards.push_back(rewards_[static_cast<std::size_t>(at)]);
    episode.terminated.push_back(terminated_[static_cast<std::size_t>(at)]);
  }
  return episode;
}

}  // namespace foresight
