#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "train/cost_estimate.h"
#include "train/experiment_config.h"
#include "train/progress.h"

namespace foresight {
namespace {

void print_cost(const Experiment& experiment, const CostEstimate& cost) {
  const TrainConfig& train = experiment.config.train;
  fmt::print("  parameters   {} ({} trainable)\n", cost.parameters, cost.trainable);
  fmt::print(
      "  memory       weights {:.1f} MB, optimisers {:.1f} MB, replay {:.0f} MB at the end\n",
      cost.weights_mb, cost.optimiser_mb, cost.replay_mb);
  fmt::print(
      "  disk         {:.0f} MB at the end: {} checkpoints, the replay log, two models{}\n",
      cost.disk_mb, train.keep_checkpoints,
      cost.pictures_mb > 0.0
          ? fmt::format(", {:.0f} MB of pictures that the replay remembers", cost.pictures_mb)
          : "");
  if (cost.update_ms == 0.0) {
    fmt::print("  time         unknown: no update was possible in a trial of two episodes\n");
    return;
  }
  fmt::print(
      "  a step       of {} games: {:.2f} ms to act, {:.2f} ms in the games, {:g} updates "
      "of {:.2f} ms: {:.0f} steps/s\n",
      train.num_games, cost.act_ms, cost.game_ms,
      train.updates_per_step * static_cast<double>(train.num_games), cost.update_ms,
      cost.env_steps_per_s);
  const bool is_limited =
      train.time_limit_min > 0.0 && cost.training_s >= 60.0 * train.time_limit_min;
  fmt::print("  time         {} to {}, and {} evaluations of at most {} in all\n",
             duration_text(cost.training_s),
             is_limited ? "its time limit, before all steps" : fmt::format("{} steps", train.steps),
             cost.num_evaluations, duration_text(cost.evaluation_s));
}

void print_selfplay(const Experiment& experiment) {
  const SelfplayConfig& selfplay = experiment.config.selfplay;
  if (!experiment.has_selfplay) {
    if (to_table(selfplay) == to_table(SelfplayConfig{})) return;
    fmt::print("  self-play    none, whatever [selfplay] says: no phase has the opponent {}\n",
               kPastSelves);
    return;
  }
  std::string shares;
  for (std::size_t i = 0; i < experiment.phases.size(); ++i) {
    shares += fmt::format("{}{:.0f} %", i == 0 ? "" : ", ",
                          100.0 * past_selves_share(experiment.phases[i]));
  }
  fmt::print(
      "  self-play    from episode {} on; share of the games, by phase: {}; the pool holds {}\n",
      selfplay.begin_episode, shares, selfplay.pool_size);
}

nlohmann::ordered_json to_json(const CostEstimate& cost) {
  return {{"parameters", cost.parameters},
          {"trainable", cost.trainable},
          {"weights_mb", cost.weights_mb},
          {"optimiser_mb", cost.optimiser_mb},
          {"replay_mb", cost.replay_mb},
          {"pictures_mb", cost.pictures_mb},
          {"disk_mb", cost.disk_mb},
          {"act_ms", cost.act_ms},
          {"copies_ms", cost.copies_ms},
          {"game_ms", cost.game_ms},
          {"update_ms", cost.update_ms},
          {"env_steps_per_s", cost.env_steps_per_s},
          {"training_s", cost.training_s},
          {"evaluation_s", cost.evaluation_s},
          {"num_evaluations", cost.num_evaluations}};
}

class CheckCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONFIG", config_, "a config's name or a .toml file")->required();
    app.add_option("key=value", overrides_, "overrides");
    app.add_flag("--print", print_, "print it with every default, explained, and do nothing else");
    app.add_flag("--no-trial", no_trial_, "do not measure what a step costs");
    app.add_flag("--json", json_, "the cost, for programs");
  }

  int run() override {
    const Experiment experiment = resolve_experiment(load_experiment_table(config_, overrides_));
    if (print_) {
      fmt::print("{}", to_commented_toml(experiment.config));
      return 0;
    }
    if (json_) {
      fmt::print("{}\n", to_json(estimate_cost(experiment)).dump(2));
      return 0;
    }
    const ExperimentConfig& config = experiment.config;
    fmt::print("{}: fine ({} plays {}, {} games side by side, {} steps, phases: {})\n", config_,
               id_of(config.agent), id_of(config.env), config.train.num_games, config.train.steps,
               experiment.phases.size());
    print_selfplay(experiment);
    std::fflush(stdout);
    if (!no_trial_) print_cost(experiment, estimate_cost(experiment));
    return 0;
  }

 private:
  std::string config_;
  std::vector<std::string> overrides_;
  bool print_ = false;
  bool no_trial_ = false;
  bool json_ = false;
};

FS_REGISTER_WORD("check", CheckCommand,
                 "names every mistake in a config, and says what the run will cost",
                 "foresight check hockey/quick", "foresight check my.toml train.steps=1e6 --print",
                 "foresight check hockey/tdmpc2-512 --json");

}  // namespace
}  // namespace foresight
