// An environment that becomes another one (same spec, other rules) at its next reset.
#pragma once

#include <memory>
#include <utility>

#include "env/env.h"

namespace foresight {

class PhasedEnv final : public Env {
 public:
  explicit PhasedEnv(std::unique_ptr<Env> env) : env_(std::move(env)) {}

  void become(std::unique_ptr<Env> next) { next_ = std::move(next); }

  const EnvSpec& spec() const override { return env_->spec(); }
  void reset(std::uint64_t seed) override {
    if (next_) env_ = std::move(next_);
    env_->reset(seed);
  }
  StepResult step(std::span<const float> actions) override { return env_->step(actions); }
  void start_step(std::span<const float> actions) override { env_->start_step(actions); }
  std::span<const std::uint8_t> image() const override { return env_->image(); }
  std::vector<EnvFault> take_faults() override { return env_->take_faults(); }
  std::span<const float> observation(int player) const override {
    return env_->observation(player);
  }
  std::span<const float> reward_terms() const override { return env_->reward_terms(); }
  bool describe_scene(Scene& scene) const override { return env_->describe_scene(scene); }
  std::vector<ScenePoint> forecast(int player, std::span<const float> actions) const override {
    return env_->forecast(player, actions);
  }

 private:
  std::unique_ptr<Env> env_;
  std::unique_ptr<Env> next_;
};

}  // namespace foresight
