#include "cluster/queue_worker.h"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <optional>
#include <thread>

#include "base/error.h"
#include "cluster/process.h"
#include "io/folder_lock.h"
#include "train/exit_record.h"
#include "train/run_record.h"
#include "train/stop_signal.h"

namespace foresight {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(200);

// None if another worker holds it. Whoever asks has_worker() holds it for an instant, too, so one
// try says little.
std::optional<FolderLock> lock_for_good(const std::filesystem::path& folder) {
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    try {
      return std::optional<FolderLock>(std::in_place, folder, FolderLock::WhenTaken::kFail);
    } catch (const Error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  return std::nullopt;
}

}  // namespace

// The lock on the queue is let go while entries cannot be added: whoever adds one then finds no
// worker, and begins one.
void QueueWorker::run() {
  const StopSignal stop(StopSignal::Second::kIsIgnored);
  std::optional<FolderLock> own = lock_for_good(queue_.folder_ / "worker");
  if (!own) return;
  take_over();
  while (stop.received() == 0) {
    collect();
    stop_cancelled();
    begin_waiting();
    if (running_.empty()) {
      const FolderLock edit(queue_.folder_ / "edit", FolderLock::WhenTaken::kWait);
      if (!queue_.has_work()) {
        own.reset();
        return;
      }
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  stop_all();
}

// What another worker had begun when it ended.
void QueueWorker::take_over() {
  const FolderLock edit(queue_.folder_ / "edit", FolderLock::WhenTaken::kWait);
  for (QueueEntry entry : queue_.entries()) {
    if (entry.state != QueueState::kRunning) continue;
    fmt::print("{}  {} was cut: it goes on\n", local_time(), entry.id);
    entry.state = QueueState::kWaiting;
    queue_.write(entry);
  }
}

void QueueWorker::begin_waiting() {
  const FolderLock edit(queue_.folder_ / "edit", FolderLock::WhenTaken::kWait);
  for (QueueEntry entry : queue_.entries()) {
    if (std::ssize(running_) >= num_jobs_) return;
    if (entry.state != QueueState::kWaiting) continue;
    const pid_t process = begin_program({own_program().string(), "job", entry.run.string()},
                                        queue_.folder_ / "log.txt");
    running_[process] = entry.id;
    entry.state = QueueState::kRunning;
    entry.started = local_time();
    queue_.write(entry);
    fmt::print("{}  {} begins: {}\n", entry.started, entry.id, entry.run.string());
    std::fflush(stdout);
  }
}

void QueueWorker::collect() {
  int status = 0;
  for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = running_.find(process);
    if (found == running_.end()) continue;
    settle(found->second, status);
    asked_to_stop_.erase(process);
    running_.erase(found);
  }
}

void QueueWorker::settle(const std::string& id, int status) {
  const FolderLock edit(queue_.folder_ / "edit", FolderLock::WhenTaken::kWait);
  auto entry = queue_.find(id);
  if (!entry || entry->state != QueueState::kRunning) return;  // cancelled meanwhile
  const bool is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  entry->state = is_done ? QueueState::kDone : QueueState::kFailed;
  queue_.write(*entry);
  fmt::print("{}  {} is {}\n", local_time(), id, state_word(entry->state));
  std::fflush(stdout);
}

void QueueWorker::stop_cancelled() {
  for (const auto& [process, id] : running_) {
    const auto entry = queue_.find(id);
    if (!entry || entry->state != QueueState::kCancelled || asked_to_stop_[process]) continue;
    kill(process, SIGTERM);
    asked_to_stop_[process] = true;
  }
}

void QueueWorker::stop_all() {
  for (const auto& [process, id] : running_) kill(process, SIGTERM);
  for (const auto& [process, id] : running_) {
    int status = 0;
    waitpid(process, &status, 0);
    const FolderLock edit(queue_.folder_ / "edit", FolderLock::WhenTaken::kWait);
    auto entry = queue_.find(id);
    if (!entry || entry->state != QueueState::kRunning) continue;
    const bool is_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    entry->state = is_done ? QueueState::kDone : QueueState::kWaiting;
    queue_.write(*entry);
  }
}

}  // namespace foresight
