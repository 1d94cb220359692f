// How behaviour is learned in imagination: [agent.behaviour] in a config file. Defaults are those
// of the original's `defaults` block (danijar/dreamerv2, dreamerv2/configs.yaml).
#pragma once

#include <string>

#include "agent/dreamer/policy.h"
#include "agent/dreamer/stream_norm.h"
#include "nn/keras_adam.h"
#include "world_model/rssm/model_config.h"

namespace foresight {

struct ActorCriticConfig {
  PolicyConfig actor;
  HeadConfig critic;
  KerasAdamConfig actor_optimiser{.learning_rate = 8e-5};
  KerasAdamConfig critic_optimiser{.learning_rate = 2e-4};
  std::int64_t horizon = 15;
  double lambda = 0.95;
  std::string gradient = "auto";
  std::string gradient_mix = "0.1";    // a schedule
  std::string entropy_scale = "2e-3";  // a schedule
  bool slow_target = true;
  std::int64_t slow_target_every = 100;
  double slow_target_fraction = 1.0;
  StreamNormConfig reward_norm;

  void visit(FieldVisitor& v);
};

}  // namespace foresight
