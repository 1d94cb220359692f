// The folder of a sweep, runs/<time>_<name>/:
//
//   sweep.json         what was submitted, where to, and which runs it is made of
//   submit.sbatch      the job array (SLURM)
//   000_horizon-3_seed-1/ …   one run folder each (train/run_folder.h), with output.txt beside the
//   rest
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cluster/sweep.h"

namespace foresight {

struct SweepRecord {
  std::string name;
  std::string note;
  std::string command;
  std::string time;  // local
  // One entry a run, in the array's order:
  std::vector<std::string> runs;       // names of the run folders
  std::vector<std::string> overrides;  // "horizon=3 seed=1"
  std::vector<std::string> jobs;  // "1234_0" of SLURM, "L7" of the local queue; empty: none yet
};

// Makes the folder below `parent` with a run folder for each member, all or none of them.
std::filesystem::path create_sweep_folder(const std::filesystem::path& parent,
                                          const std::vector<SweepMember>& members,
                                          const std::string& command);

void write_sweep_record(const std::filesystem::path& sweep_folder, const SweepRecord& record);
// Error: missing or unreadable.
SweepRecord read_sweep_record(const std::filesystem::path& sweep_folder);
bool is_sweep_folder(const std::filesystem::path& folder);
// Sweeps below `parent`, oldest first.
std::vector<std::filesystem::path> sweep_folders(const std::filesystem::path& parent);

}  // namespace foresight
