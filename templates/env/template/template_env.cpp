#include "env/template/template_env.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

constexpr double kTimeStep = 0.1;     // seconds
constexpr double kMass = 1.0;         // kilograms
constexpr double kFriction = 0.2;     // newtons per metre per second
constexpr double kTrackLength = 4.0;  // metres, centred at 0
constexpr double kNear = 0.1;         // metres
constexpr double kSlow = 0.1;         // metres per second

}  // namespace

// Names, defaults, ranges and help in one place: the config file, `describe`, overrides on the
// command line and error messages derive from it.
void TemplateEnvConfig::visit(FieldVisitor& v) {
  v.field("id", id, {"template"}, "which environment");
  v.field("max_steps", max_steps, {1, 100000}, "steps after which the clock cuts the episode");
  v.field("max_force", max_force, {0.1, 100.0}, "newtons at action 1");
}

TemplateEnv::TemplateEnv(const Config& config)
    : config_(config),
      spec_{.id = "template",
            .observation_dim = 3,
            .action_dim = 1,
            .num_players = 1,
            .max_episode_steps = config.max_steps,
            .can_terminate = true,
            .reward_terms = {},
            .observation_names = {"position", "velocity", "flag"}} {}

void TemplateEnv::reset(std::uint64_t seed) {
  Rng rng(seed, "template");  // a stream of its own: the same seed gives the same episode
  position_ = rng.uniform(-kTrackLength / 2, kTrackLength / 2);
  flag_ = rng.uniform(-kTrackLength / 2, kTrackLength / 2);
  velocity_ = 0.0;
  elapsed_steps_ = 0;
  is_over_ = false;
  update_observation();
}

StepResult TemplateEnv::step(std::span<const float> actions) {
  FS_CHECK(!is_over_, "the episode is over: reset first");
  FS_CHECK(actions.size() == 1, "one number expected, found {}", actions.size());
  FS_CHECK(std::isfinite(actions[0]), "the action is no number: {}", actions[0]);

  const double force = config_.max_force * std::clamp(static_cast<double>(actions[0]), -1.0, 1.0);
  velocity_ += kTimeStep * (force - kFriction * velocity_) / kMass;
  position_ += kTimeStep * velocity_;
  ++elapsed_steps_;
  update_observation();

  // Arriving is the end of the story (`terminated`: no value beyond it). The clock merely cuts it
  // (`truncated`: a learner goes on to count what would have come).
  StepResult result;
  result.terminated = has_arrived();
  result.truncated = !result.terminated && elapsed_steps_ >= config_.max_steps;
  result.reward = static_cast<float>(-kTimeStep * std::abs(position_ - flag_));
  if (result.terminated) result.reward += 10.0f;
  is_over_ = result.over();
  return result;
}

std::span<const float> TemplateEnv::observation([[maybe_unused]] int player) const {
  return observation_;
}

bool TemplateEnv::describe_scene(Scene& scene) const {
  scene.width = 2 * kTrackLength;
  scene.height = 2.0;
  const double middle = scene.width / 2;
  scene.shapes = {
      {.points = {{middle + flag_, 1.0}}, .radius = kNear, .color = {60, 160, 60}},
      {.points = {{middle + position_, 1.0}}, .radius = 0.06, .color = {200, 60, 40}},
  };
  scene.clock = kTimeStep * static_cast<double>(elapsed_steps_);
  scene.time_limit = kTimeStep * static_cast<double>(config_.max_steps);
  return true;
}

bool TemplateEnv::has_arrived() const {
  return std::abs(position_ - flag_) < kNear && std::abs(velocity_) < kSlow;
}

void TemplateEnv::update_observation() {
  observation_ = {static_cast<float>(position_), static_cast<float>(velocity_),
                  static_cast<float>(flag_)};
}

FS_REGISTER_ENV("template", TemplateEnv, "a cart drives to a flag and stops: copy me");

}  // namespace foresight
