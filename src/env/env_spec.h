// What an agent needs to know of an environment, and nothing more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace foresight {

struct EnvSpec {
  std::string id;
  std::int64_t observation_dim = 0;
  std::int64_t action_dim = 0;   // of one player; every action is in [-1, 1]
  std::int64_t num_players = 1;  // 2: the reward is player 0's
  std::int64_t max_episode_steps = 0;
  bool can_terminate = false;                  // false: episodes end by the clock only
  bool rewards_opponent = false;               // StepResult::opponent_reward is filled
  std::vector<std::string> reward_terms;       // names of Env::reward_terms()
  std::vector<std::string> observation_names;  // empty or one an entry
};

}  // namespace foresight
