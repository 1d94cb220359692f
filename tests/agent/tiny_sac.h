// SAC agents small enough for unit tests.
#pragma once

#include "agent/sac/sac_agent.h"
#include "agent/tiny_agents.h"

namespace foresight {

inline SacConfig tiny_sac() {
  SacConfig config;
  config.learner.hidden = {16, 16};
  config.learner.batch_size = 16;
  config.learner.learning_rate = 1e-3;
  config.replay.capacity = 120;  // six episodes
  return config;
}

}  // namespace foresight
