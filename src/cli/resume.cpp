#include "cli/command.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

class ResumeCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "a run's folder, its name under runs/, or last")->required();
  }

  int run() override {
    const auto folder = find_run(run_);
    recover_folder(folder / "checkpoint");
    const Experiment experiment = resolve_experiment(read_toml_file(folder / "config.toml"));
    Trainer trainer(experiment, folder, /*is_resumed=*/true, stdout_is_terminal());
    const int signal = trainer.run();
    return signal == 0 ? 0 : 128 + signal;
  }

 private:
  std::string run_;
};

FS_REGISTER_WORD("resume", ResumeCommand, "goes on with a run from its checkpoint",
                 "foresight resume last");

}  // namespace
}  // namespace foresight
