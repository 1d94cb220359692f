// Where the training loop stands, beside the agent's own state. It goes into checkpoints as JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/rng.h"
#include "selfplay/copy_pool.h"
#include "train/metrics_log.h"

namespace foresight {

struct LoopState {
  int num_ranks = 1;               // that train together; each has a state of its own
  std::int64_t split = 0;          // how often they became another number
  std::int64_t steps = 0;          // environment steps of all games of all ranks
  std::int64_t episodes = 0;       // finished, of all ranks
  std::int64_t lost_episodes = 0;  // broken by their environment
  std::int64_t lost_steps = 0;     // played in these
  std::int64_t updates = 0;
  double update_credit = 0.0;  // updates owed; below 1 between steps
  bool is_pretrained = false;
  double time_s = 0.0;  // of training, evaluations included, pauses not
  std::int64_t phase = 0;
  std::int64_t phase_begin_steps = 0;
  std::int64_t phase_begin_episodes = 0;
  std::int64_t last_log_steps = 0;
  std::int64_t last_eval_steps = 0;
  bool has_best = false;
  double best_score = 0.0;
  bool has_return = false;
  double episode_return = 0.0;             // of recent episodes, as progress shows it
  RngState seed_actions;                   // of the random actions at the start
  std::vector<std::uint8_t> actor_begins;  // [B] 1: the actor has nothing to remember of this game
  Metrics results;                         // of the last evaluation
  MetricWindow::State window;              // since the last row of metrics
  CopyPool::State copies;                  // past selves and win rates
};

void write_loop_state(const std::filesystem::path& folder, const LoopState& state);
// Past selves and win rates alone, as actors are told of them.
std::string copies_to_json(const CopyPool::State& copies);
// Error: it is not what copies_to_json() wrote.
CopyPool::State copies_from_json(const std::string& text);
// Error: missing or unreadable.
LoopState read_loop_state(const std::filesystem::path& folder);

}  // namespace foresight
