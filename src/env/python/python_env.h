// An environment that runs in Python, in a process of its own: Gymnasium and the other suites, or a
// user's class. A worker that fails loses its unfinished episode and is started anew by the next
// reset; several in a row are an Error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "env/env.h"
#include "env/python/python_env_config.h"

namespace foresight {

class Worker;

class PythonEnv final : public Env {
 public:
  using Config = PythonEnvConfig;
  // Starts the worker without waiting for it, so that many can start side by side.
  explicit PythonEnv(const Config& config);
  ~PythonEnv() override;

  // Waits for the worker the first time.
  const EnvSpec& spec() const override;
  void reset(std::uint64_t seed) override;
  void start_step(std::span<const float> actions) override;
  // In [-1, 1], scaled to the environment's range. With discrete actions the largest entry counts.
  StepResult step(std::span<const float> actions) override;
  std::span<const float> observation(int player) const override;
  std::span<const std::uint8_t> image() const override;
  std::vector<EnvFault> take_faults() override;

 private:
  void connect();
  void check(std::span<const float> actions) const;
  // Drops the worker. `where`: "step 7". Error: it was one too many.
  void note_fault(const std::string& where, const std::string& problem);

  Config config_;
  std::unique_ptr<Worker> worker_;  // null after a fault
  std::optional<EnvSpec> spec_;
  bool is_connected_ = false;
  bool is_over_ = true;
  bool is_step_started_ = false;
  std::int64_t num_steps_ = 0;        // of this episode
  std::int64_t deaths_in_a_row_ = 0;  // no episode was finished between
  std::vector<EnvFault> faults_;
  std::vector<float> blank_;  // [O], what is seen after a fault
  std::vector<std::uint8_t> blank_image_;
};

}  // namespace foresight
