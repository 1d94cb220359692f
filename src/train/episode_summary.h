// What the loop is told of an episode that ended, or that was lost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/env.h"

namespace foresight {

struct FinishedEpisode {
  std::int64_t game = 0;
  std::string opponent;  // empty with one player; of a past self its name in the CopyPool
  double total_reward = 0.0;
  std::int64_t length = 0;  // steps
  Outcome outcome = Outcome::kNone;
  std::vector<double> reward_terms;  // sums, one for each of the spec's names
};

// An episode that broke because its environment did (StepResult::broken), or the process that
// played it.
struct LostEpisode {
  std::int64_t game = 0;
  std::int64_t length = 0;  // steps that had been played
  std::string reason;
};

}  // namespace foresight
