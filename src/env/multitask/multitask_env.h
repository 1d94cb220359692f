// Several tasks as one environment: observations and actions padded with zeros to the largest, so
// that one model fits all of them. An episode is of one task, `task`; without it there are sizes
// only, which is all that training from data needs.
// Reference: nicklashansen/tdmpc2@e9f5932, envs/wrappers/multitask.py, MultitaskWrapper.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/fields.h"
#include "env/env.h"

namespace foresight {

struct MultitaskConfig {
  std::string id = "multitask";
  std::string tasks = "dmcontrol/pendulum-swingup, dmcontrol/cup-catch";
  std::string task = "pendulum-swingup";
  std::int64_t min_observation_dim = 0;
  std::int64_t min_action_dim = 0;

  void visit(FieldVisitor& v) {
    v.field("id", id, {"multitask"}, "several tasks for one model");
    v.field("tasks", tasks, {},
            "mt30, mt80, or the environments one by one: \"dmcontrol/cup-catch, Pendulum-v1\"");
    v.field("task", task, {}, "the one that is played; empty: none (training from data alone)");
    v.field("min_observation_dim", min_observation_dim, {0, 1e6},
            "observations are padded to at least so many: those of a model to begin with");
    v.field("min_action_dim", min_action_dim, {0, 1e6}, "the same for actions");
  }
};

// The tasks that MultitaskConfig::tasks names. Error: none, or one twice.
std::vector<TaskSpec> tasks_of(const std::string& names);

class MultitaskEnv : public Env {
 public:
  using Config = MultitaskConfig;
  explicit MultitaskEnv(const MultitaskConfig& config);

  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  StepResult step(std::span<const float> actions) override;
  void start_step(std::span<const float> actions) override;
  std::span<const float> observation(int player) const override;
  std::vector<EnvFault> take_faults() override { return played().take_faults(); }
  std::span<const float> reward_terms() const override { return played().reward_terms(); }
  bool describe_scene(Scene& scene) const override { return played().describe_scene(scene); }

 private:
  Env& played() const;  // Error: no task was chosen
  void pad();
  std::span<const float> own(std::span<const float> actions) const;

  EnvSpec spec_;
  std::unique_ptr<Env> env_;        // of the task; null: none
  std::vector<float> observation_;  // [O], zeros behind the task's own
};

}  // namespace foresight
