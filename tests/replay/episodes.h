// Episodes whose every number says where it comes from.
#pragma once

#include "replay/episode_store.h"

namespace foresight {

inline constexpr std::int64_t kObservationDim = 2;
inline constexpr std::int64_t kActionDim = 1;

// Row i of episode `tag`: observation {tag, i}; step i (from row i to row i + 1): action
// 100 tag + i, reward 1000 tag + i; the last step is terminal.
inline Episode tagged_episode(std::int64_t tag, std::int64_t num_steps) {
  Episode episode;
  for (std::int64_t i = 0; i <= num_steps; ++i) {
    episode.observations.push_back(static_cast<float>(tag));
    episode.observations.push_back(static_cast<float>(i));
    if (i == num_steps) break;
    episode.actions.push_back(static_cast<float>(100 * tag + i));
    episode.rewards.push_back(static_cast<float>(1000 * tag + i));
    episode.terminated.push_back(i + 1 == num_steps ? 1.0f : 0.0f);
  }
  return episode;
}

}  // namespace foresight
