#include "cli/command.h"
#include "config/difference.h"
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
  }

  int run() override {
    const auto folder = find_run(run_);
    Table table = read_toml_file(folder / "config.toml");
    for (const std::string& text : overrides_) apply_override(table, text);
    const Experiment experiment = resolve_experiment(table);
    const auto say = [](const std::string& line) { fmt::print("{}\n", line); };
    const Checkpoint checkpoint = choose_checkpoint(folder, may_fall_back_, say);
    for (const std::string& line : differences(read_toml_file(checkpoint.folder / "config.toml"),
                                               to_table(experiment.config))) {
      say("changed: " + line);
    }
    if (!overrides_.empty()) save_config(folder, experiment.config);
    Trainer trainer(experiment, folder,
                    {.checkpoint = checkpoint.folder, .is_live = stdout_is_terminal()});
    const int signal = trainer.run();
    return signal == 0 ? 0 : 128 + signal;
  }

 private:
  std::string run_;
  std::vector<std::string> overrides_;
  bool may_fall_back_ = false;
};

FS_REGISTER_WORD("resume", ResumeCommand, "goes on with a run from its checkpoint",
                 "foresight resume last", "foresight resume last train.steps=2e6",
                 "foresight resume last --fallback");

}  // namespace
}  // namespace foresight
