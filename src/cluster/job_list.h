// What squeue prints, joined with what only the runs know: why, how far, how good, when done, how
// it ended, what came out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cluster/local_queue.h"
#include "cluster/slurm.h"
#include "cluster/sweep_folder.h"

namespace foresight {

struct JobRow {
  // squeue's columns.
  std::string id;
  std::string partition;
  std::string name;
  std::string user;
  std::string state;
  std::string time;
  std::string nodes;
  std::string place;  // nodes, or the reason for waiting
  // Ours; empty for jobs that are no runs.
  std::filesystem::path run;
  std::string note;
  std::string overrides;
  std::int64_t steps = 0;
  std::int64_t total_steps = 0;  // 0: unknown
  std::string score_name;        // "won against weak"; empty: none yet
  double score = 0.0;
  double left_s = -1.0;                 // negative: unknown
  std::string ending;                   // of one that is over: why
  std::vector<std::string> last_lines;  // of its log, if it ended badly
  std::string verdict;
  bool is_over = false;
};

struct JobSources {
  std::filesystem::path runs;   // holds sweeps
  std::filesystem::path queue;  // the local one
  bool has_slurm = false;
};

// Oldest first. `only_recent`: of those that are over, the ones of sweeps with anything still alive
// or submitted within three days.
std::vector<JobRow> list_jobs(const JobSources& sources, bool only_recent);

// A job by its number ("1234_0", "L7"), or all of a sweep's by the array's ("1234") or the sweep's
// folder name. Error: there is none.
struct FoundJob {
  std::filesystem::path sweep;
  std::size_t place = 0;  // among the sweep's runs
  std::string id;
};
std::vector<FoundJob> find_jobs(const std::filesystem::path& runs, const std::string& number);

std::string text_of(const std::vector<JobRow>& rows);
std::string json_of(const std::vector<JobRow>& rows);
std::string markdown_of(const std::vector<JobRow>& rows);

}  // namespace foresight
