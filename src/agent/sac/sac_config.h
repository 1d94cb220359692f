// All settings of the SAC agent, [agent] in a config file. Defaults: stable_baselines3 2.9.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/table.h"
#include "env/env_spec.h"
#include "replay/transition_sampler.h"

namespace foresight {

struct SacLearnerConfig {
  std::vector<std::int64_t> hidden{256, 256};
  std::int64_t batch_size = 256;
  double learning_rate = 3e-4;
  double target_tau = 0.005;
  double temperature = 1.0;
  bool fixed_temperature = false;
  double target_entropy_per_action = -1.0;
  double log_std_min = -20.0;
  double log_std_max = 2.0;
  double grad_clip_norm = 0.0;

  void visit(FieldVisitor& v);
};

struct SacExplorationConfig {
  double noise_exponent = 0.0;
  std::int64_t noise_length = 0;

  void visit(FieldVisitor& v);
};

struct SacConfig {
  std::string id = "sac";
  double discount = 0.99;
  SacLearnerConfig learner;
  SacExplorationConfig exploration;
  TransitionReplayConfig replay;

  void visit(FieldVisitor& v);
  // Combinations that cannot work, each with what to change.
  void validate(const EnvSpec& env, ConfigProblems& problems) const;
};

}  // namespace foresight
