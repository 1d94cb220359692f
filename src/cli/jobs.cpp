#include <chrono>
#include <thread>

#include "base/error.h"
#include "cli/command.h"
#include "cluster/job_list.h"

namespace foresight {
namespace {

constexpr const char* kRuns = "runs";

class JobsCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("WORDS", words_,
                   "cancel N, resume N (a job's number, an array's, or a sweep's folder), or start "
                   "(the local queue, after a reboot)");
    app.add_flag("--watch", is_watching_, "again every 5 seconds");
    app.add_flag("--json", json_, "for programs");
    app.add_flag("--markdown", markdown_, "for a lab book");
    app.add_flag("--all", all_, "also what ended days ago");
    app.add_option("--jobs", num_jobs_, "of the local queue: so many runs at a time")
        ->check(CLI::Range(1, 1024));
    app.add_option("--queue", queue_, "the local queue's folder")->capture_default_str();
    app.add_flag("--foreground", is_foreground_, "with start: work here, not in the background");
  }

  int run() override {
    has_slurm_ = has_slurm();
    if (words_.empty()) return show();
    const std::string& word = words_.front();
    if (word == "start") return start();
    if (word != "cancel" && word != "resume") {
      fail("jobs {}: unknown; there are cancel, resume and start", word);
    }
    if (words_.size() != 2)
      fail("jobs {}: of which job? For example: foresight jobs {} 1234_0", word, word);
    for (const FoundJob& job : find_jobs(kRuns, words_[1])) {
      word == "cancel" ? cancel(job) : resume(job);
    }
    return 0;
  }

 private:
  JobSources sources() const { return {.runs = kRuns, .queue = queue_, .has_slurm = has_slurm_}; }

  int show() const {
    do {
      const auto rows = list_jobs(sources(), !all_);
      if (is_watching_ && !json_ && !markdown_) fmt::print("\033[H\033[2J");
      fmt::print("{}", json_ ? json_of(rows) : markdown_ ? markdown_of(rows) : text_of(rows));
      std::fflush(stdout);
      if (is_watching_) std::this_thread::sleep_for(std::chrono::seconds(5));
    } while (is_watching_);
    return 0;
  }

  int start() const {
    const LocalQueue queue(queue_);
    if (is_foreground_) {
      queue.work(num_jobs_);
      return 0;
    }
    if (!queue.has_work()) {
      fmt::print("nothing waits\n");
      return 0;
    }
    queue.begin_worker(num_jobs_);
    fmt::print("the local queue works; see: foresight jobs\n");
    return 0;
  }

  // The row of this one job as it stands now.
  JobRow row_of(const FoundJob& job) const {
    for (JobRow& row : list_jobs(sources(), false)) {
      if (row.id == job.id) return row;
    }
    fail("job {} is not in the list of jobs", job.id);
  }

  void cancel(const FoundJob& job) const {
    const JobRow row = row_of(job);
    if (row.is_over) {
      fmt::print("{} is over already: {}\n", job.id, row.state);
      return;
    }
    if (job.id.starts_with('L')) {
      LocalQueue(queue_).cancel(job.id);
    } else {
      cancel_batch(job.id);
    }
    fmt::print("{} is cancelled; go on with it: foresight jobs resume {}\n", job.id, job.id);
  }

  void resume(const FoundJob& job) const {
    const JobRow row = row_of(job);
    if (!row.is_over) {
      fmt::print("{} is not over: {}\n", job.id, row.state);
      return;
    }
    if (row.state == "COMPLETED") {
      fmt::print("{} is done; with more steps: foresight resume {} train.steps=...\n", job.id,
                 row.run.string());
      return;
    }
    if (job.id.starts_with('L')) {
      const LocalQueue queue(queue_);
      queue.resume(job.id);
      queue.begin_worker(num_jobs_);
      fmt::print("{} goes on\n", job.id);
      return;
    }
    SweepRecord sweep = read_sweep_record(job.sweep);
    const std::string number = submit_batch(job.sweep / "submit.sbatch", std::to_string(job.place));
    sweep.jobs[job.place] = fmt::format("{}_{}", number, job.place);
    write_sweep_record(job.sweep, sweep);
    fmt::print("{} goes on as {}\n", job.id, sweep.jobs[job.place]);
  }

  std::vector<std::string> words_;
  std::string queue_ = "runs/.queue";
  int num_jobs_ = 1;
  bool has_slurm_ = false;
  bool is_watching_ = false;
  bool json_ = false;
  bool markdown_ = false;
  bool all_ = false;
  bool is_foreground_ = false;
};

FS_REGISTER_WORD("jobs", JobsCommand,
                 "shows jobs with their notes, progress and endings; cancels and resumes them",
                 "foresight jobs", "foresight jobs --markdown", "foresight jobs cancel 1234_0",
                 "foresight jobs resume 1234", "foresight jobs start --jobs 2");

}  // namespace
}  // namespace foresight
