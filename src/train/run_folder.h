// The folder of one training run, runs/<time>_<name>/:
//
//   config.toml   resolved and commented     run.json      name, note, seed, commit, command
//   machine.json  where it ran               log.txt       what was said
//   metrics.jsonl, metrics.csv               model/        latest weights
//   best/         weights of the best evaluation
//   checkpoint/   everything needed to go on
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "train/experiment_config.h"

namespace foresight {

// Makes the folder under `parent` (or exactly `folder`, if given, which must not hold a run yet)
// and writes config.toml, run.json and machine.json.
std::filesystem::path create_run_folder(const Experiment& experiment,
                                        const std::filesystem::path& parent,
                                        const std::filesystem::path& folder,
                                        const std::string& command);

// A run folder, its name under runs/ of the working folder, or "last", the newest of them.
// Error: there is none, with the nearest name.
std::filesystem::path find_run(const std::string& name_or_folder);
bool is_run_folder(const std::filesystem::path& folder);
// Names under runs/ of the working folder, oldest first.
std::vector<std::string> run_names();

// The weights to use for a run, its best ones if an evaluation chose any, or a model folder or
// shipped model as it is. Error: neither a run nor a model.
std::filesystem::path find_run_or_model(const std::string& name_or_folder);

// Fills `<target>.new`, then puts it in the place of `target`: whoever reads sees the old folder or
// the new one, never half of one.
void replace_folder(const std::filesystem::path& target,
                    const std::function<void(const std::filesystem::path&)>& fill);
// Finishes a replacement that was cut off between its two renames.
void recover_folder(const std::filesystem::path& target);

}  // namespace foresight
