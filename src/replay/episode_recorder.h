// Collects the steps of several games, which end at different times, into episodes.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>

#include "replay/episode_store.h"

namespace foresight {

class EpisodeRecorder {
 public:
  // Adds a step of `game`; the first one brings the episode's first observation.
  void add(std::int64_t game, std::span<const float> observation, std::span<const float> action,
           float reward, bool terminated, std::span<const float> next_observation);
  // What the opponent played in the step just added, and which clone stands for it.
  void add_opponent(std::int64_t game, std::span<const float> action, std::int64_t opponent);
  // Hands out a game's episode and forgets it.
  Episode take(std::int64_t game);
  void forget(std::int64_t game) { unfinished_.erase(game); }

  // For checkpoints.
  const std::unordered_map<std::int64_t, Episode>& unfinished() const { return unfinished_; }
  void restore(std::int64_t game, Episode episode) { unfinished_[game] = std::move(episode); }
  void clear() { unfinished_.clear(); }

 private:
  std::unordered_map<std::int64_t, Episode> unfinished_;
};

}  // namespace foresight
