#include "cluster/local_queue.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cluster/process.h"
#include "cluster/queue_worker.h"
#include "io/atomic_file.h"
#include "io/folder_lock.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<QueueState, std::string_view>, 5> kWords{
    {{QueueState::kWaiting, "WAITING"},
     {QueueState::kRunning, "RUNNING"},
     {QueueState::kDone, "COMPLETED"},
     {QueueState::kFailed, "FAILED"},
     {QueueState::kCancelled, "CANCELLED"}}};

QueueState state_of(const std::string& word) {
  for (const auto& [state, text] : kWords) {
    if (text == word) return state;
  }
  fail("\"{}\" is no state of a job", word);
}

// 7 of "L7"; 0 if it is no such name.
long number_of(const std::string& id) {
  const bool is_id = id.size() > 1 && id.size() < 10 && id.front() == 'L' &&
                     id.find_first_not_of("0123456789", 1) == std::string::npos;
  return is_id ? std::stol(id.substr(1)) : 0;
}

QueueEntry read_entry(const fs::path& file) {
  std::ifstream in(file);
  if (!in) fail("{}: cannot be read", file.string());
  try {
    const auto json = nlohmann::json::parse(in);
    return {.id = file.stem().string(),
            .run = json.at("run").get<std::string>(),
            .state = state_of(json.at("state")),
            .started = json.at("started")};
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: {}", file.string(), problem.what());
  }
}

}  // namespace

std::string_view state_word(QueueState state) {
  return kWords.at(static_cast<std::size_t>(state)).second;
}

void LocalQueue::write(const QueueEntry& entry) const {
  const nlohmann::ordered_json json{
      {"run", entry.run.string()}, {"state", state_word(entry.state)}, {"started", entry.started}};
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  write_file_atomically(folder_ / (entry.id + ".json"), json.dump(2, ' ', false, replace) + "\n");
}

std::vector<QueueEntry> LocalQueue::entries() const {
  std::vector<QueueEntry> entries;
  std::error_code none;
  for (const auto& file : fs::directory_iterator(folder_, none)) {
    const fs::path& path = file.path();
    if (path.extension() == ".json" && number_of(path.stem().string()) > 0) {
      entries.push_back(read_entry(path));
    }
  }
  std::ranges::sort(entries, {}, [](const QueueEntry& entry) { return number_of(entry.id); });
  return entries;
}

std::optional<QueueEntry> LocalQueue::find(const std::string& id) const {
  const fs::path file = folder_ / (id + ".json");
  std::error_code ignored;
  if (number_of(id) == 0 || !fs::exists(file, ignored)) return std::nullopt;
  return read_entry(file);
}

std::vector<std::string> LocalQueue::add(const std::vector<fs::path>& runs) const {
  const FolderLock edit(folder_ / "edit", FolderLock::WhenTaken::kWait);
  const auto earlier = entries();
  long number = earlier.empty() ? 0 : number_of(earlier.back().id);
  std::vector<std::string> ids;
  for (const fs::path& run : runs) {
    ids.push_back(fmt::format("L{}", ++number));
    write(
        {.id = ids.back(), .run = fs::absolute(run), .state = QueueState::kWaiting, .started = {}});
  }
  return ids;
}

void LocalQueue::cancel(const std::string& id) const {
  const FolderLock edit(folder_ / "edit", FolderLock::WhenTaken::kWait);
  auto entry = find(id);
  if (!entry) fail("there is no job {} in {}", id, folder_.string());
  if (entry->state != QueueState::kWaiting && entry->state != QueueState::kRunning) {
    fail("job {} is {} already", id, state_word(entry->state));
  }
  entry->state = QueueState::kCancelled;
  write(*entry);
}

void LocalQueue::resume(const std::string& id) const {
  const FolderLock edit(folder_ / "edit", FolderLock::WhenTaken::kWait);
  auto entry = find(id);
  if (!entry) fail("there is no job {} in {}", id, folder_.string());
  if (entry->state != QueueState::kFailed && entry->state != QueueState::kCancelled) {
    fail("job {} is {}: only what failed or was cancelled can be resumed", id,
         state_word(entry->state));
  }
  entry->state = QueueState::kWaiting;
  write(*entry);
}

bool LocalQueue::has_worker() const {
  if (!fs::exists(folder_)) return false;
  try {
    const FolderLock lock(folder_ / "worker", FolderLock::WhenTaken::kFail);
    return false;
  } catch (const Error&) {
    return true;
  }
}

bool LocalQueue::has_work() const {
  return std::ranges::any_of(entries(), [](const QueueEntry& entry) {
    return entry.state == QueueState::kWaiting || entry.state == QueueState::kRunning;
  });
}

void LocalQueue::begin_worker(int num_jobs) const {
  begin_detached_program({own_program().string(), "jobs", "start", "--foreground", "--jobs",
                          std::to_string(num_jobs), "--queue", fs::absolute(folder_).string()},
                         folder_ / "log.txt");
}

void LocalQueue::work(int num_jobs) const { QueueWorker(*this, num_jobs).run(); }

}  // namespace foresight
