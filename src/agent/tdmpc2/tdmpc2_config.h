// All settings of the TD-MPC2 agent, [agent] in a config file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  std::string precision = "fp32";  // or tf32, bf16, int8, auto
  bool graphs = true;
  std::string inputs = "auto";  // or image, vector
  std::int64_t model_size = 0;  // or 1, 5, 19, 48, 317
  std::string task_from;        // of a loaded model, or fresh
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

  // The sizes of `model` that the section's model_size stands for, and the defaults otherwise.
  static Tdmpc2Config defaults_for(const Table& section, const EnvSpec& env);
  void visit(FieldVisitor& v);
  // Combinations that cannot work, each with what to change.
  void validate(const EnvSpec& env, ConfigProblems& problems) const;
  bool sees_image(const EnvSpec& env) const {
    return inputs == "image" || (inputs == "auto" && env.image.has_value());
  }
  // What only this machine can tell: precision = "auto" becomes the format that is fastest here, so
  // that a run's own config says it and a resumed run goes on with the same. A CUDA device is not
  // tried out: fp32.
  void settle();
  // Whether the networks live on a CUDA device.
  bool uses_cuda() const;
  // gamma: `discount`, or from the episode's length where that is 0.
  double discount_for(const EnvSpec& env) const;
  // The same for each of the environment's tasks; empty with one.
  std::vector<double> task_discounts_for(const EnvSpec& env) const;
  // The planner drops out Q's units while it explores, before their LayerNorm: the packed scorer
  // knows only dropout after it.
  bool plans_with_dropout_before_norm() const {
    return learner.target_dropout && model.dropout > 0 && model.dropout_place == "before_norm";
  }
  // `model` as it is built: with the number of opponents that are cloned, the tasks, the pictures.
  Tdmpc2ModelConfig built_model(const EnvSpec& env) const {
    Tdmpc2ModelConfig built = model;
    built.num_opponents = opponent_cloning.num_opponents();
    for (const TaskSpec& task : env.tasks) built.task_action_dims.push_back(task.action_dim);
    if (sees_image(env)) built.image_channels = env.image->num_frames * env.image->channels;
    return built;
  }
  std::int64_t slice_horizon() const {
    return learner.horizon > 0 ? learner.horizon : planner.horizon;
  }
};

}  // namespace foresight
