#include "cli/command.h"
#include "train/experiment_config.h"

namespace foresight {
namespace {

class CheckCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONFIG", config_, "a config's name or a .toml file")->required();
    app.add_option("key=value", overrides_, "overrides");
    app.add_flag("--print", print_, "print it with every default, explained");
  }

  int run() override {
    const Experiment experiment = resolve_experiment(load_experiment_table(config_, overrides_));
    if (print_) {
      fmt::print("{}", to_commented_toml(experiment.config));
      return 0;
    }
    const ExperimentConfig& config = experiment.config;
    fmt::print("{}: fine ({} plays {}, {} games side by side, {} steps, phases: {})\n", config_,
               id_of(config.agent), id_of(config.env), config.train.num_games, config.train.steps,
               experiment.phases.size());
    return 0;
  }

 private:
  std::string config_;
  std::vector<std::string> overrides_;
  bool print_ = false;
};

FS_REGISTER_WORD("check", CheckCommand, "reads a config and names every mistake in it",
                 "foresight check hockey/quick", "foresight check my.toml train.steps=1e6 --print");

}  // namespace
}  // namespace foresight
