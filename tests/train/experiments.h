// Small experiments for the tests of the loop.
#pragma once

#include <string>

#include "train/checkpoint.h"
#include "train/experiment_config.h"

namespace foresight {

// The random agent on the countdown, whose every number can be worked out by hand.
inline const std::string kCountdown = R"(
name = "test"
[env]
id = "countdown"
num_steps = 5
[agent]
id = "random"
[train]
steps = 100
num_games = 2
seed_steps = 10
updates_per_step = 1.0
log_every_steps = 20
[eval]
every_steps = 0
games = 3
)";

inline const std::string kHockey = R"(
name = "test"
[env]
id = "hockey"
[agent]
id = "random"
[train]
steps = 2000
num_games = 4
seed_steps = 100
log_every_steps = 500
[eval]
every_steps = 1000
opponents = { weak = 3, none = 2 }
[[curriculum]]
steps = 1000
opponents = { weak = 1.0 }
[[curriculum]]
opponents = { strong = 1.0, random = 1.0 }
env = { reward_touch = 1.0 }
)";

// `overrides`: "train.steps=50".
inline Experiment experiment_of(const std::string& toml,
                                const std::vector<std::string>& overrides = {}) {
  Table table = parse_toml(toml, "test.toml");
  for (const std::string& text : overrides) apply_override(table, text);
  return resolve_experiment(table);
}

inline std::filesystem::path newest_checkpoint(const std::filesystem::path& run) {
  return checkpoints_of(run).back().folder;
}

}  // namespace foresight
