// All settings of the TD-MPC2 agent, [agent] in a config file.
#pragma once

#include <cstdint>
#include <string>

#include "agent/tdmpc2/learner_config.h"
#include "agent/tdmpc2/opponent_cloning_config.h"
#include "config/table.h"
#include "env/env_spec.h"
#include "planner/mppi.h"
#include "replay/slice_sampler.h"
#include "world_model/tdmpc2/model_config.h"
#include "world_model/tdmpc2/tensor_scorer.h"

namespace foresight {

struct Tdmpc2Config {
  std::string id = "tdmpc2";
  std::string device = "auto";     // or cpu, cuda
  std::string scorer = "auto";     // or tensor, packed
  std::string precision = "fp32";  // or bf16, int8, auto
  double discount = 0.0;
  double discount_denom = 5.0;
  double discount_min = 0.95;
  double discount_max = 0.995;
  double win_bonus = 0.0;
  double win_bonus_discount = 0.92;
  Tdmpc2ModelConfig model;
  MppiConfig planner;
  SequenceValueConfig sequence_value;
  Tdmpc2LearnerConfig learner;
  ReplayConfig replay;
  OpponentCloningConfig opponent_cloning;

  void visit(FieldVisitor& v);
  // Combinations that cannot work, each with what to change.
  void validate(const EnvSpec& env, ConfigProblems& problems) const;
  // What only this machine can tell: precision = "auto" becomes the format that is fastest here, so
  // that a run's own config says it and a resumed run goes on with the same.
  void settle();
  // gamma: `discount`, or from the episode's length where that is 0.
  double discount_for(const EnvSpec& env) const;
  // The planner drops out Q's units while it explores, before their LayerNorm: the packed scorer
  // knows only dropout after it.
  bool plans_with_dropout_before_norm() const {
    return learner.target_dropout && model.dropout > 0 && model.dropout_place == "before_norm";
  }
  // `model` as it is built: with the number of opponents that are cloned.
  Tdmpc2ModelConfig built_model() const {
    Tdmpc2ModelConfig built = model;
    built.num_opponents = opponent_cloning.num_opponents();
    return built;
  }
  std::int64_t slice_horizon() const {
    return learner.horizon > 0 ? learner.horizon : planner.horizon;
  }
};

}  // namespace foresight
