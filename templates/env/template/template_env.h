// The smallest complete environment, to be copied (docs/adding.md): a cart on a line drives to a
// flag and stops there.
// Axes: P players (here 1), O observation, A action of one player.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "env/env.h"

namespace foresight {

struct TemplateEnvConfig {
  std::string id = "template";
  std::int64_t max_steps = 100;
  double max_force = 1.0;

  void visit(FieldVisitor& v);
};

class TemplateEnv final : public Env {
 public:
  using Config = TemplateEnvConfig;
  explicit TemplateEnv(const Config& config);

  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  // actions [1, 1]: the force, in [-1, 1] times max_force; clipped.
  StepResult step(std::span<const float> actions) override;
  // [3]: position and flag in metres, velocity in metres per second.
  std::span<const float> observation(int player) const override;
  bool describe_scene(Scene& scene) const override;

 private:
  bool has_arrived() const;
  void update_observation();

  Config config_;
  EnvSpec spec_;
  double position_ = 0.0;
  double velocity_ = 0.0;
  double flag_ = 0.0;
  std::int64_t elapsed_steps_ = 0;
  bool is_over_ = true;
  std::array<float, 3> observation_{};
};

}  // namespace foresight
