// The folder of one training run, runs/<time>_<name>/, in a SLURM job runs/<time>_<name>_job<id>/:
//
//   config.toml         resolved and commented
//   run.json            name, note, seed, commit, command
//   machine.json        where it ran
//   uncommitted.patch   what the checkout had beyond its commit, if anything
//   log.txt             what was said
//   metrics.jsonl, metrics.csv, tensorboard/
//   videos/             games of evaluations, if eval.videos asks for them
//   model/              latest weights
//   best/               weights of the best evaluation
//   selfplay/           frozen copies of the learner, if it meets past selves
//   actors/             what actor processes said, and their episodes on the way, if it has any
//   checkpoints/        everything needed to go on (train/checkpoint.h)
//   ranks/              what ranks beyond the first keep, if several train together (rank_folder.h)
#pragma once

#include <filesystem>
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

// For a run that was submitted elsewhere: this machine and this batch job go into machine.json and
// run.json.
void note_place(const std::filesystem::path& folder);
// Removes what a process left that was killed before its first checkpoint, so that the run begins
// anew. There must be no checkpoint.
void forget_beginning(const std::filesystem::path& folder);

// Writes the resolved config as config.toml into any folder; checkpoints keep one too.
void save_config(const std::filesystem::path& folder, const ExperimentConfig& config);

// A run folder, its name under runs/ of the working folder, or "last", the newest of them.
// Error: there is none, with the nearest name.
std::filesystem::path find_run(const std::string& name_or_folder);
bool is_run_folder(const std::filesystem::path& folder);
// Names under runs/ of the working folder, "<sweep>/<run>" for those of a sweep, oldest first.
std::vector<std::string> run_names();

// The weights to use for a run, its best ones if an evaluation chose any, or a model folder,
// shipped model or agent of the archive as it is. Error: neither a run nor a model.
std::filesystem::path find_run_or_model(const std::string& name_or_folder);

// An opponent's word in which a run stands for its weights: "last:policy" becomes
// "runs/.../best:policy", what is no run stays as it is.
std::string opponent_word(const std::string& text);

}  // namespace foresight
