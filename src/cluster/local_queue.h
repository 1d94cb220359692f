// A queue of runs on this machine, for where there is no SLURM: <folder>/L1.json, ... Everything is
// on the disk; one process works it off, at most `num_jobs` runs at a time, and goes away when
// nothing is left. What was running when the machine went down is begun again from its checkpoint
// by the next worker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace foresight {

enum class QueueState { kWaiting, kRunning, kDone, kFailed, kCancelled };
std::string_view state_word(QueueState state);  // "WAITING", as SLURM writes its own

struct QueueEntry {
  std::string id;             // "L7"
  std::filesystem::path run;  // absolute
  QueueState state = QueueState::kWaiting;
  std::string started;  // local time of the last start; empty: never
};

class LocalQueue {
 public:
  // The folder is made with the first entry.
  explicit LocalQueue(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::vector<QueueEntry> entries() const;  // by number
  std::optional<QueueEntry> find(const std::string& id) const;
  // Waiting entries behind the others; their ids.
  std::vector<std::string> add(const std::vector<std::filesystem::path>& runs) const;
  // A waiting or running one: the worker stops it, it saves. Error: it is neither.
  void cancel(const std::string& id) const;
  // A failed or cancelled one waits again. Error: it is neither.
  void resume(const std::string& id) const;

  // True while a process works this queue off.
  bool has_worker() const;
  // Entries that wait or that a worker left in the middle.
  bool has_work() const;
  // Begins a worker beside us, which outlives us; it goes away again if there is one already.
  void begin_worker(int num_jobs) const;
  // Is the worker: returns when nothing is left, or at once if there is another one. SIGTERM and
  // SIGINT: the runs save, and wait again.
  void work(int num_jobs) const;

 private:
  friend class QueueWorker;
  void write(const QueueEntry& entry) const;

  std::filesystem::path folder_;
};

}  // namespace foresight
