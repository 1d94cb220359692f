#include "cluster/job_list.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/error.h"
#include "cluster/run_progress.h"
#include "train/exit_record.h"
#include "train/run_record.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

using QueueById = std::map<std::string, QueueLine>;

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? std::to_string(geteuid()) : entry->pw_name;
}

// As squeue has it: "1-02:03:04", "2:03:04", "03:04".
std::string time_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  const std::int64_t days = whole / 86400;
  const std::int64_t hours = whole / 3600 % 24;
  const std::string rest = fmt::format("{:02}:{:02}", whole / 60 % 60, whole % 60);
  if (days > 0) return fmt::format("{}-{:02}:{}", days, hours, rest);
  return hours > 0 ? fmt::format("{}:{}", hours, rest) : rest;
}

// Of a job that no queue lists any more.
void fill_ending(JobRow& row, bool has_slurm) {
  row.is_over = true;
  const auto record = read_exit_record(row.run);
  if (record) {
    switch (record->ending) {
      case Ending::kDone:
        row.state = "COMPLETED";
        break;
      case Ending::kStopped:
        row.state = "STOPPED";
        break;
      case Ending::kFailed:
        row.state = record->out_of_memory ? "OUT_OF_MEMORY" : "FAILED";
        break;
      case Ending::kKilled:
        row.state = record->out_of_memory ? "OUT_OF_MEMORY" : "KILLED";
        break;
    }
    row.ending = describe_ending(*record);
    if (record->ending == Ending::kFailed || record->ending == Ending::kKilled) {
      row.last_lines = record->last_lines;
    }
    return;
  }
  const std::string word = has_slurm && !row.id.starts_with('L') ? scontrol_word(row.id) : "";
  row.state = word.empty() ? "LOST" : word.substr(0, word.find(','));
  row.ending = word.empty() ? "ended without a word" : "SLURM says " + word;
  row.last_lines = last_lines_of(row.run / "log.txt", 3);
}

void fill_run(JobRow& row) {
  try {
    const RunRecord record = read_run_record(row.run);
    row.note = record.note;
    if (!record.verdicts.empty()) row.verdict = record.verdicts.back().text;
  } catch (const Error&) {  // a run folder that was removed: the rest is still worth showing
    row.note = "(no run folder)";
  }
  const RunProgress progress = read_progress(row.run);
  row.steps = progress.steps;
  row.total_steps = progress.total_steps;
  row.score_name = progress.score_name;
  row.score = progress.score;
  row.left_s = progress.left_s;
  // Of a job that a queue knows, its own word replaces this.
  if (progress.spent_s >= 0.0) row.time = time_text(progress.spent_s);
}

void fill_from_queue(JobRow& row, const QueueLine& line) {
  row.partition = line.partition;
  row.name = line.name;
  row.user = line.user;
  row.state = line.state;
  row.time = line.time;
  row.nodes = line.nodes;
  row.place = line.place;
}

void fill_from_local(JobRow& row, const LocalQueue& queue, bool has_worker) {
  row.partition = "local";
  row.user = user_name();
  const auto entry = queue.find(row.id);
  if (!entry) {
    fill_ending(row, false);
    return;
  }
  row.is_over = entry->state == QueueState::kDone || entry->state == QueueState::kFailed ||
                entry->state == QueueState::kCancelled;
  if (row.is_over) fill_ending(row, false);
  if (!row.is_over || entry->state == QueueState::kCancelled) row.state = state_word(entry->state);
  if (!row.is_over && !has_worker) row.place = "(no worker: foresight jobs start)";
}

bool is_recent(const fs::path& sweep) {
  using Clock = fs::file_time_type::clock;
  constexpr auto kRecent = std::chrono::hours(72);
  std::error_code none;
  const auto written = fs::last_write_time(sweep / "sweep.json", none);
  return none || Clock::now() - written < kRecent;
}

struct QueueView {
  QueueById slurm;
  bool slurm_answers = false;
  bool has_worker = false;
};

std::vector<JobRow> rows_of_sweep(const fs::path& folder, const JobSources& sources,
                                  QueueView& view) {
  const SweepRecord sweep = read_sweep_record(folder);
  const LocalQueue queue(sources.queue);
  std::vector<JobRow> rows;
  for (std::size_t i = 0; i < sweep.runs.size(); ++i) {
    JobRow row;
    row.id = sweep.jobs[i];
    row.name = sweep.name;
    row.run = folder / sweep.runs[i];
    row.overrides = sweep.overrides[i];
    fill_run(row);
    const auto line = view.slurm.find(row.id);
    if (line != view.slurm.end()) {
      fill_from_queue(row, line->second);
      view.slurm.erase(line);
    } else if (row.id.starts_with('L')) {
      fill_from_local(row, queue, view.has_worker);
    } else if (row.id.empty()) {
      row.state = "NOT SUBMITTED";
      row.is_over = true;
    } else if (sources.has_slurm && !view.slurm_answers) {
      row.state = "UNKNOWN";
      row.place = "(squeue does not answer)";
    } else {
      fill_ending(row, sources.has_slurm);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::vector<JobRow> list_jobs(const JobSources& sources, bool only_recent) {
  QueueView view;
  view.has_worker = LocalQueue(sources.queue).has_worker();
  std::vector<std::string> order;
  try {
    if (sources.has_slurm) {
      for (const QueueLine& line : queue_lines()) {
        order.push_back(line.id);
        view.slurm[line.id] = line;
      }
      view.slurm_answers = true;
    }
  } catch (const Error& error) {  // a controller that is down must not hide the runs
    const std::string words = error.what();
    fmt::print(stderr, "without SLURM's word on its jobs: {}\n", words.substr(0, words.find('\n')));
  }
  std::vector<JobRow> rows;
  for (const fs::path& folder : sweep_folders(sources.runs)) {
    auto of_sweep = rows_of_sweep(folder, sources, view);
    const bool is_alive =
        std::ranges::any_of(of_sweep, [](const JobRow& row) { return !row.is_over; });
    if (only_recent && !is_alive && !is_recent(folder)) continue;
    rows.insert(rows.end(), of_sweep.begin(), of_sweep.end());
  }
  for (const std::string& id : order) {  // jobs that are no runs of ours
    const auto line = view.slurm.find(id);
    if (line == view.slurm.end()) continue;
    JobRow row;
    row.id = id;
    fill_from_queue(row, line->second);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<FoundJob> find_jobs(const fs::path& runs, const std::string& number) {
  std::vector<FoundJob> found;
  std::vector<std::string> known;
  for (const fs::path& folder : sweep_folders(runs)) {
    const SweepRecord sweep = read_sweep_record(folder);
    const bool is_sweep = folder.filename() == number || folder == fs::path(number);
    for (std::size_t i = 0; i < sweep.jobs.size(); ++i) {
      const std::string& id = sweep.jobs[i];
      known.push_back(id);
      if (is_sweep || id == number || id.starts_with(number + "_")) {
        found.push_back({.sweep = folder, .place = i, .id = id});
      }
    }
  }
  if (found.empty()) {
    fail("no job \"{}\"{} (see: foresight jobs --all)", number, did_you_mean(number, known));
  }
  return found;
}

}  // namespace foresight
