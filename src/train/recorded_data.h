// Training from recorded episodes alone: the data sets that a config names. No games are played, a
// step of the loop is an update, and evaluations go on as ever.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "train/experiment_config.h"

namespace foresight {

bool learns_from_data(const ExperimentConfig& config);

// The folders of config.data, in order.
std::vector<std::filesystem::path> data_folders(const ExperimentConfig& config);

// "a, runs/b" -> their full paths; of a run its replay/. For resolve_experiment.
std::string resolved_data(const std::string& data);

// Before a run is begun. Error: data that the agent cannot learn from, or neither data nor a game
// to play.
void check_data(const Experiment& experiment);

}  // namespace foresight
