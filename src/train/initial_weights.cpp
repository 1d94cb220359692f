#include "train/initial_weights.h"

#include "agent/model_card.h"
#include "base/error.h"
#include "train/run_folder.h"

namespace foresight {

void load_initial_weights(const ExperimentConfig& config, Agent& agent) {
  if (config.init_from.empty()) return;
  const std::filesystem::path folder = find_run_or_model(config.init_from);
  const std::string found = id_of(read_model_card(folder).agent);
  const std::string expected = id_of(config.agent);
  if (found != expected) {
    fail("init_from = \"{}\": expected the weights of the agent {}, found those of {}",
         config.init_from, expected, found);
  }
  try {
    agent.load_model(folder);
  } catch (const Error& problem) {
    fail(
        "init_from = \"{}\": these weights do not fit the agent of the config: {}\n  its sizes "
        "must "
        "be those of {}",
        config.init_from, problem.what(), (folder / kModelCardFile).string());
  }
}

void check_initial_weights(const Experiment& experiment) {
  if (experiment.config.init_from.empty()) return;
  const auto agent = make_agent(experiment.config.agent, experiment.env_spec,
                                static_cast<std::uint64_t>(experiment.config.seed));
  load_initial_weights(experiment.config, *agent);
}

}  // namespace foresight
