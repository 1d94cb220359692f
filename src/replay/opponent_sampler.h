// Steps against one opponent, drawn from the store to imitate it.
// Axes: n steps, O observation, A' opponent's action.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "replay/episode_store.h"

namespace foresight {

struct OpponentSteps {
  std::int64_t count = 0;               // n
  std::vector<float> observations;      // [n, O], the agent's, before the step
  std::vector<float> opponent_actions;  // [n, A']
};

// Draws from all stored steps of episodes against `opponent` alike, with replacement; n is `count`,
// or how many steps there are if that is less. The cost grows with the number of episodes.
void sample_opponent_steps(const EpisodeStore& store, std::int64_t opponent, std::int64_t count,
                           Rng& rng, OpponentSteps& steps);

}  // namespace foresight
