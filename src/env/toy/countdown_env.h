// A fake for tests of loops and buffers: counts steps, ends when told, pays its action. What must
// come out of any machinery around it can be worked out by hand.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "env/env.h"

namespace foresight {

struct CountdownEnvConfig {
  std::string id = "countdown";
  std::int64_t num_steps = 5;
  bool terminates = true;
  std::int64_t step_ms = 0;

  void visit(FieldVisitor& v);
};

class CountdownEnv final : public Env {
 public:
  using Config = CountdownEnvConfig;
  explicit CountdownEnv(const Config& config);

  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  // actions [1]; the reward is the action. The last step wins if the action is positive.
  StepResult step(std::span<const float> actions) override;
  // [2]: steps left as a part of num_steps, the seed's last decimal digit / 10.
  std::span<const float> observation(int player) const override;

 private:
  void update_observation();

  Config config_;
  EnvSpec spec_;
  std::int64_t steps_left_ = 0;
  float mark_ = 0.0f;
  std::array<float, 2> observation_{};
};

}  // namespace foresight
