#include "base/profile.h"
#include "cli/command.h"
#include "cli/recorded_run.h"
#include "cluster/rank_team.h"
#include "train/initial_weights.h"
#include "train/recorded_data.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

class TrainCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONFIG", config_, "a config's name (foresight list configs) or a .toml file")
        ->required();
    app.add_option("key=value", overrides_, "overrides, e.g. train.steps=1e5 agent.id=random");
    app.add_option("--from", init_from_,
                   "a model or run whose weights to begin with (init_from in the config)");
    app.add_flag("--save-replay", saves_replay_,
                 "keep every episode that the agent sees, as a data set in the run's replay/");
    app.add_option("--note", note_, "kept with the run");
    app.add_option("--profile", profile_,
                   "measure where time goes: a table, and this file for chrome://tracing");
    app.add_option("--run-dir", run_folder_, "the run's folder (default: runs/<time>_<name>)");
  }

  int run() override {
    Table table = load_experiment_table(config_, overrides_);
    if (!note_.empty()) table.set("note", {note_, "--note"});
    if (!init_from_.empty()) table.set("init_from", {init_from_, "--from"});
    if (saves_replay_) apply_override(table, "train.save_replay=true");
    const Experiment experiment = resolve_experiment(table);
    check_data(experiment);
    check_initial_weights(experiment);  // before there is a folder
    RankTeam team(experiment.config.ranks);
    return team.run([&](Ranks& ranks) {
      const auto folder = path_of_first(ranks, [&] {
        return create_run_folder(experiment, "runs", run_folder_, command_text());
      });
      team.record_in(folder);
      return run_recorded(folder, ranks, [&] { return train(experiment, folder, ranks); });
    });
  }

 private:
  int train(const Experiment& experiment, const std::filesystem::path& folder, Ranks& ranks) const {
    TrainerOptions options{.checkpoint = {}, .is_live = stdout_is_terminal()};
    options.ranks = &ranks;
    Trainer trainer(experiment, folder, options);
    const bool is_profiled = !profile_.empty() && ranks.rank() == 0;
    if (is_profiled) Profiler::start();
    const int signal = trainer.run();
    if (is_profiled) tell_profile();
    return signal;
  }

  void tell_profile() const {
    Profiler::stop();
    Profiler::write_trace(profile_);
    fmt::print("{}trace: {}\n", profile_text(Profiler::table()), profile_);
  }

  std::string command_text() const {
    const std::string from = init_from_.empty() ? "" : " --from " + init_from_;
    return fmt::format("foresight train {} {}{}{}", config_, fmt::join(overrides_, " "), from,
                       saves_replay_ ? " --save-replay" : "");
  }

  std::string config_;
  std::vector<std::string> overrides_;
  std::string init_from_;
  std::string note_;
  std::string run_folder_;
  std::string profile_;
  bool saves_replay_ = false;
};

FS_REGISTER_WORD("train", TrainCommand, "trains an agent as a config says",
                 "foresight train hockey/quick",
                 "foresight train hockey/quick train.steps=2e5 --note \"half as long\"",
                 "foresight train hockey/quick --from hockey-quick",
                 "foresight train hockey/tdmpc2-512 ranks=4",
                 "foresight train dmcontrol/walker-walk --save-replay",
                 "foresight train multitask/mt30 data=FOLDER,FOLDER",
                 "foresight train hockey/quick train.steps=2e4 --profile trace.json");

}  // namespace
}  // namespace foresight
