// What a run will cost, from its config and a short trial on this machine.
#pragma once

#include <cstdint>

#include "train/experiment_config.h"

namespace foresight {

struct CostEstimate {
  std::int64_t parameters = 0;  // numbers held by the networks, target ensemble included
  std::int64_t trainable = 0;
  double weights_mb = 0.0;    // MiB, here and below
  double optimiser_mb = 0.0;  // moments and gradients
  double replay_mb = 0.0;     // when the run ends
  double pictures_mb = 0.0;   // of the replay, on disk; part of disk_mb
  double disk_mb = 0.0;       // kept checkpoints and the replay log, when the run ends

  double act_ms = 0.0;           // to choose the actions of all games once
  double copies_ms = 0.0;        // of past selves that plan; at most
  double game_ms = 0.0;          // to step all games once
  double update_ms = 0.0;        // one gradient update; 0: none was possible in the trial
  double env_steps_per_s = 0.0;  // of all games together, evaluations left out

  double training_s = 0.0;    // to train.steps, or to the time limit
  double evaluation_s = 0.0;  // of all evaluations, if every episode is as long as can be
  std::int64_t num_evaluations = 0;
};

// Plays and learns for about `trial_s` seconds; writes nothing. Error: as the run itself would
// fail.
CostEstimate estimate_cost(const Experiment& experiment, double trial_s = 3.0);

}  // namespace foresight
