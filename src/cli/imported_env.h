// The environment of an imported checkpoint: the task that it learned, its tasks where it learned
// several, or sizes alone where nobody says which.
#pragma once

#include <string>

#include "agent/tdmpc2/checkpoint_sizes.h"
#include "config/table.h"
#include "env/env_spec.h"

namespace foresight {

// What a checkpoint does not tell.
struct ImportedTasks {
  std::string task;   // "walker-walk", or any environment's id; empty: not said
  std::string tasks;  // of a model of several: mt30, mt80, or a list; empty: by their number
};

// [env] of its card, not resolved. Error: the words are not for a model of that kind.
Table imported_env(const CheckpointFile& file, const ImportedTasks& tasks);

// Error: the checkpoint has other sizes than this environment, or its tasks other actions.
void check_fit(const CheckpointFile& file, const EnvSpec& spec);

}  // namespace foresight
