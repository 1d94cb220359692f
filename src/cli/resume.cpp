#include <optional>

#include "cli/command.h"
#include "cli/recorded_run.h"
#include "cluster/rank_launch.h"
#include "cluster/rank_team.h"
#include "config/difference.h"
#include "io/folder_lock.h"
#include "train/checkpoint.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

class ResumeCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "a run's folder, its name under runs/, or last")->required();
    app.add_option("key=value", overrides_, "changes to the run's config, e.g. train.steps=1e6");
    app.add_flag("--fallback", may_fall_back_,
                 "if the newest checkpoint is damaged, use the one before it");
    app.add_flag("--as-job", is_job_,
                 "as a batch system's job: begin if there is no checkpoint yet, wait for another "
                 "process of the run, let repeated signals pass");
  }

  int run() override {
    const auto folder = find_run(run_);
    const auto launch = find_launch();
    std::optional<FolderLock> lock;
    // Rank 0 holds it for all.
    if (is_job_ && (!launch || launch->rank == 0)) {
      lock.emplace(folder, FolderLock::WhenTaken::kWait);
    }
    Table table = read_toml_file(folder / "config.toml");
    for (const std::string& text : overrides_) apply_override(table, text);
    const Experiment experiment = resolve_experiment(table);
    RankTeam team(experiment.config.ranks);
    return team.run([&](Ranks& ranks) {
      team.record_in(folder);
      TrainerOptions options{.checkpoint = {}, .is_live = stdout_is_terminal()};
      options.checkpoint = path_of_first(ranks, [&] { return prepare(folder, experiment); });
      options.ranks = &ranks;
      if (is_job_) options.second_signal = StopSignal::Second::kIsIgnored;
      return run_recorded(folder, ranks,
                          [&] { return Trainer(experiment, folder, options).run(); });
    });
  }

 private:
  // What is done once for all ranks. Returns where to go on from, empty to begin.
  std::filesystem::path prepare(const std::filesystem::path& folder,
                                const Experiment& experiment) const {
    std::filesystem::path checkpoint;
    if (is_job_) note_place(folder);
    if (is_job_ && checkpoints_of(folder).empty()) {
      forget_beginning(folder);
    } else {
      checkpoint = newest_checkpoint(folder, experiment);
    }
    if (!overrides_.empty()) save_config(folder, experiment.config);
    return checkpoint;
  }

  std::filesystem::path newest_checkpoint(const std::filesystem::path& folder,
                                          const Experiment& experiment) const {
    const auto say = [](const std::string& line) { fmt::print("{}\n", line); };
    const Checkpoint checkpoint = choose_checkpoint(folder, may_fall_back_, say);
    for (const std::string& line : differences(read_toml_file(checkpoint.folder / "config.toml"),
                                               to_table(experiment.config))) {
      say("changed: " + line);
    }
    return checkpoint.folder;
  }

  std::string run_;
  std::vector<std::string> overrides_;
  bool may_fall_back_ = false;
  bool is_job_ = false;
};

FS_REGISTER_WORD("resume", ResumeCommand, "goes on with a run from its checkpoint",
                 "foresight resume last", "foresight resume last train.steps=2e6",
                 "foresight resume last ranks=4", "foresight resume last --fallback");

}  // namespace
}  // namespace foresight
