// run.json of a run folder: what was run and why, and what its owner says came out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace foresight {

struct Verdict {
  std::string time;  // local, "2026-11-21 16:30:00 +0100"
  std::string text;
};

struct RunRecord {
  std::string name;
  std::string note;  // why, said before
  std::int64_t seed = 0;
  std::string version;
  std::string commit;
  std::string started;
  std::string command;
  std::string slurm_job;          // "1234", "1234_7" in an array; empty elsewhere
  std::vector<Verdict> verdicts;  // what came out, oldest first
};

void write_run_record(const std::filesystem::path& run_folder, const RunRecord& record);
// Error: missing or unreadable.
RunRecord read_run_record(const std::filesystem::path& run_folder);

std::string local_time(const char* format = "%Y-%m-%d %H:%M:%S %z");

}  // namespace foresight
