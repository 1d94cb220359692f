// SLURM through its own programs: sbatch, squeue, scontrol, scancel. Written against 22.05 and
// newer; options used: sbatch --parsable, squeue --array --format.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace foresight {

struct BatchRequest {
  std::string name;
  std::string note;
  std::string partition;  // empty: SLURM's default, here and below
  std::string time;       // "3-00:00"
  int gpus = 0;
  int cpus = 0;
  std::string memory;              // "16G"
  std::vector<std::string> extra;  // lines as they are, "--account=abc"
  std::filesystem::path folder;    // of the sweep
  std::vector<std::string> runs;   // names of its run folders
  std::filesystem::path program;   // to run
  std::filesystem::path home;      // FORESIGHT_HOME
};

// The text of submit.sbatch: one array, one task a run. A task that runs out of time is told 300 s
// before, saves and requeues itself; one that is preempted or loses its node is requeued by SLURM.
std::string batch_script(const BatchRequest& request);

bool has_slurm();
// The array's number. `tasks` is "0-3", or "2" to submit one again. Error: SLURM's own words.
std::string submit_batch(const std::filesystem::path& script, const std::string& tasks);

// What squeue says of a job.
struct QueueLine {
  std::string id;  // "1234_0"
  std::string partition;
  std::string name;
  std::string user;
  std::string state;  // "RUNNING"
  std::string time;   // used
  std::string nodes;  // how many
  std::string place;  // list of nodes, or the reason for waiting in brackets
};
// Of this user, one line a task of an array. Error: squeue's own words.
std::vector<QueueLine> queue_lines();
std::vector<QueueLine> parse_queue(const std::string& squeue_output);

// What scontrol remembers of a job that squeue no longer lists: "FAILED, exit code 2"; empty if it
// has forgotten it.
std::string scontrol_word(const std::string& job);
std::string parse_scontrol(const std::string& scontrol_output);

// Error: SLURM's own words.
void cancel_batch(const std::string& job);
// Puts the job that this process is part of back into the queue. False, with SLURM's words on
// standard error, where that cannot be done.
bool requeue_own_job();

}  // namespace foresight
