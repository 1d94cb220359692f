#include "env/toy/countdown_env.h"

#include <chrono>
#include <cmath>
#include <thread>

#include "base/error.h"

namespace foresight {

void CountdownEnvConfig::visit(FieldVisitor& v) {
  v.field("id", id, {}, "which environment");
  v.field("num_steps", num_steps, {1, 1000000}, "steps of an episode");
  v.field("terminates", terminates, "whether the last step is terminal rather than cut");
  v.field("step_ms", step_ms, {0, 10000},
          "a step waits so many milliseconds, as slow environments do");
}

CountdownEnv::CountdownEnv(const Config& config) : config_(config) {
  spec_.id = config.id;
  spec_.observation_dim = std::ssize(observation_);
  spec_.action_dim = 1;
  spec_.max_episode_steps = config.num_steps;
  spec_.can_terminate = config.terminates;
  spec_.observation_names = {"left", "mark"};
}

void CountdownEnv::reset(std::uint64_t seed) {
  steps_left_ = config_.num_steps;
  mark_ = static_cast<float>(seed % 10) / 10.0f;
  update_observation();
}

StepResult CountdownEnv::step(std::span<const float> actions) {
  FS_CHECK(steps_left_ > 0, "the episode is over: reset first");
  FS_CHECK(actions.size() == 1, "{} actions where 1 is needed", actions.size());
  FS_CHECK(std::isfinite(actions[0]), "an action of {}", actions[0]);
  if (config_.step_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(config_.step_ms));
  --steps_left_;
  update_observation();
  const bool is_last = steps_left_ == 0;
  StepResult result{.reward = actions[0]};
  result.terminated = is_last && config_.terminates;
  result.truncated = is_last && !config_.terminates;
  if (is_last) result.outcome = actions[0] > 0 ? Outcome::kWin : Outcome::kLoss;
  return result;
}

std::span<const float> CountdownEnv::observation(int /*player*/) const { return observation_; }

void CountdownEnv::update_observation() {
  observation_ = {static_cast<float>(steps_left_) / static_cast<float>(config_.num_steps), mark_};
}

FS_REGISTER_ENV("countdown", CountdownEnv, "fake for tests: ends after a number of steps");

}  // namespace foresight
