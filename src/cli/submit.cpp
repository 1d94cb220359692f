#include <fmt/ranges.h>

#include <filesystem>

#include "base/home.h"
#include "cli/command.h"
#include "cluster/local_queue.h"
#include "cluster/process.h"
#include "cluster/slurm.h"
#include "cluster/sweep_folder.h"
#include "io/atomic_file.h"
#include "train/cost_estimate.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

class SubmitCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONFIG", plan_.config, "a config's name or a .toml file")->required();
    app.add_option("key=value", plan_.overrides,
                   "overrides; several values with commas between make a run each");
    app.add_option("--seeds", plan_.num_seeds, "so many runs of each, from the config's seed on")
        ->check(CLI::Range(1, 1000));
    app.add_option("--note", plan_.note, "why; kept with every run");
    app.add_option("--partition", batch_.partition, "of the cluster");
    app.add_option("--time", batch_.time, "at most so long, e.g. 3-00:00");
    app.add_option("--gpus", batch_.gpus, "for each run")->check(CLI::Range(0, 64));
    app.add_option("--cpus", batch_.cpus, "for each run")->check(CLI::Range(0, 1024));
    app.add_option("--mem", batch_.memory, "for each run, e.g. 16G");
    app.add_option("--sbatch", batch_.extra,
                   "any other option of sbatch, e.g. --sbatch=--account=a")
        ->allow_extra_args(false);
    app.add_flag("--local", is_local_, "in a queue on this machine, without SLURM");
    app.add_option("--jobs", num_jobs_, "with --local: so many runs at a time")
        ->check(CLI::Range(1, 1024));
    app.add_flag("--no-trial", no_trial_, "do not try out for a moment what each config does");
    app.add_flag("--dry-run", is_dry_, "check everything, show the runs, submit nothing");
  }

  int run() override {
    if (!is_local_ && !is_dry_ && !has_slurm()) {
      fail(
          "there is no SLURM here (no sbatch); on this machine alone: foresight submit ... "
          "--local");
    }
    const auto members = plan_sweep(plan_);
    if (!no_trial_) try_out(members);
    if (is_dry_) {
      for (const SweepMember& member : members) fmt::print("{}\n", member_words(member.overrides));
      fmt::print("{} runs, all fine; nothing is submitted\n", members.size());
      return 0;
    }
    const fs::path folder = create_sweep_folder("runs", members, command_text());
    SweepRecord sweep = read_sweep_record(folder);
    sweep.jobs = is_local_ ? submit_locally(folder, sweep) : submit_to_slurm(folder, sweep);
    write_sweep_record(folder, sweep);
    for (std::size_t i = 0; i < sweep.runs.size(); ++i) {
      fmt::print("{:<12} {}\n", sweep.jobs[i], (folder / sweep.runs[i]).string());
    }
    fmt::print("see: foresight jobs; when they are done: foresight report {}\n", folder.string());
    return 0;
  }

 private:
  // What only shows when a run begins: sizes that do not fit, an environment that is not installed.
  // Seeds make no difference to that.
  static void try_out(const std::vector<SweepMember>& members) {
    constexpr double kTrial_s = 0.05;
    std::string problems;
    std::vector<Table> tried;
    for (const SweepMember& member : members) {
      ExperimentConfig config = member.experiment.config;
      config.seed = 0;
      Table table = to_table(config);
      if (std::find(tried.begin(), tried.end(), table) != tried.end()) continue;
      tried.push_back(std::move(table));
      try {
        estimate_cost(member.experiment, kTrial_s);
      } catch (const Error& error) {
        problems += fmt::format("\n  {}: {}", member_words(member.overrides), error.what());
      }
    }
    if (!problems.empty()) fail("nothing is submitted; these members fail in a trial:{}", problems);
  }

  std::vector<std::string> submit_locally(const fs::path& folder, const SweepRecord& sweep) const {
    const LocalQueue queue("runs/.queue");
    std::vector<fs::path> runs;
    for (const std::string& run : sweep.runs) runs.push_back(folder / run);
    const auto ids = queue.add(runs);
    queue.begin_worker(num_jobs_);
    return ids;
  }

  std::vector<std::string> submit_to_slurm(const fs::path& folder, const SweepRecord& sweep) {
    batch_.name = sweep.name;
    batch_.note = sweep.note;
    batch_.folder = fs::absolute(folder);
    batch_.runs = sweep.runs;
    batch_.program = own_program();
    batch_.home = fs::absolute(home_folder());
    const fs::path script = folder / "submit.sbatch";
    write_file_atomically(script, batch_script(batch_));
    std::string number;
    try {
      number = submit_batch(script, fmt::format("0-{}", sweep.runs.size() - 1));
    } catch (const Error&) {
      std::error_code ignored;
      fs::remove_all(folder, ignored);  // nothing was submitted: no runs that never ran
      throw;
    }
    std::vector<std::string> jobs;
    for (std::size_t i = 0; i < sweep.runs.size(); ++i)
      jobs.push_back(fmt::format("{}_{}", number, i));
    return jobs;
  }

  std::string command_text() const {
    const std::string seeds =
        plan_.num_seeds > 1 ? fmt::format(" --seeds {}", plan_.num_seeds) : "";
    return fmt::format("foresight submit {} {}{}", plan_.config, fmt::join(plan_.overrides, " "),
                       seeds);
  }

  SweepPlan plan_;
  BatchRequest batch_;
  int num_jobs_ = 1;
  bool is_local_ = false;
  bool no_trial_ = false;
  bool is_dry_ = false;
};

FS_REGISTER_WORD("submit", SubmitCommand, "checks every run of a sweep, then submits them as jobs",
                 "foresight submit hockey/quick agent.planner.horizon=3,6,9 --seeds 3 --note \"how "
                 "far ahead?\" --partition week --time 3-00:00 --gpus 1",
                 "foresight submit hockey/sac --seeds 4 --local --jobs 2");

}  // namespace
}  // namespace foresight
