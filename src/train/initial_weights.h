// Training that begins with the weights of a model instead of random ones (init_from).
#pragma once

#include "agent/agent.h"
#include "train/experiment_config.h"

namespace foresight {

// Loads the weights that the config names; nothing if it names none. What else an agent has
// (replay, optimisers, scales) stays fresh. Error: no such model, another algorithm, or a tensor of
// another shape: its name, what was expected and what was found.
void load_initial_weights(const ExperimentConfig& config, Agent& agent);

// The same test with an agent of its own, before a run is begun.
void check_initial_weights(const Experiment& experiment);

}  // namespace foresight
