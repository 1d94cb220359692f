// What each rank of a run (base/ranks.h) does of the whole: the config says what all do together.
#pragma once

#include "base/ranks.h"
#include "train/experiment_config.h"

namespace foresight {

// Adds what cannot be shared out over the config's ranks.
void check_ranks(const Experiment& experiment, ConfigProblems& problems);

// The experiment with this rank's share of games, batch, replay and threads, and a seed of its own;
// stream 0: the seed as it is.
Experiment share_of(const Experiment& experiment, const Ranks& ranks, std::uint64_t stream);

}  // namespace foresight
