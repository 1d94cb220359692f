// All settings of the DreamerV2 agent, [agent] in a config file. Defaults: the original's
// `defaults` block (danijar/dreamerv2, dreamerv2/configs.yaml).
#pragma once

#include <cstdint>
#include <string>

#include "agent/dreamer/actor_critic_config.h"
#include "config/table.h"
#include "env/env_spec.h"
#include "replay/sequence_sampler.h"

namespace foresight {

struct DreamerExplorationConfig {
  double noise = 0.0;
  double eval_noise = 0.0;

  void visit(FieldVisitor& v);
};

struct DreamerConfig {
  std::string id = "dreamerv2";
  std::string device = "cpu";
  std::string inputs = "auto";
  double discount = 0.99;
  bool graphs = true;
  WorldModelConfig model;
  KerasAdamConfig model_optimiser;
  ActorCriticConfig behaviour;
  DreamerExplorationConfig exploration;
  SequenceReplayConfig replay;

  void visit(FieldVisitor& v);
  // Combinations that cannot work, each with what to change.
  void validate(const EnvSpec& env, ConfigProblems& problems) const;

  bool sees_image(const EnvSpec& env) const;
  bool sees_vector(const EnvSpec& env) const;
};

// The world as the model sees it: pictures' frames one behind the other as channels.
WorldShape world_shape_of(const DreamerConfig& config, const EnvSpec& env);

}  // namespace foresight
