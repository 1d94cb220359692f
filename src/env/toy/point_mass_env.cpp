#include "env/toy/point_mass_env.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

constexpr double kTimeStep = 0.05;     // seconds
constexpr double kAcceleration = 4.0;  // units / s^2 at full force
constexpr double kDrag = 1.0;          // 1 / s
constexpr double kHalfReward = 0.3;    // distance at which the reward is halved
constexpr double kSpeedCost = 0.05;    // the speed counts as this many seconds of distance
constexpr double kGoalRadius = 0.1;
constexpr double kGoalSpeed = 0.3;  // units / s
constexpr int kImageSize = 64;
constexpr double kHalfWidth = 1.1;    // of what a picture shows, about the origin
constexpr double kDiscRadius = 0.15;  // of the point and the origin in it

double norm(std::span<const double> vector) {
  double square = 0.0;
  for (const double value : vector) square += value * value;
  return std::sqrt(square);
}

}  // namespace

void PointMassEnvConfig::visit(FieldVisitor& v) {
  v.field("id", id, {}, "which environment");
  v.field("num_axes", num_axes, {1, 2}, "dimensions of the field");
  v.field("ends_at_goal", ends_at_goal,
          "an episode ends, won, at rest in the origin; every step before costs up to 1");
  v.field("max_steps", max_steps, {1, 100000}, "where the clock cuts an episode");
  v.field("pixels", pixels, "observe pictures of 64 x 64 instead of the numbers");
  v.field("frame_stack", frame_stack, {1, 16},
          "the last so many pictures together; the first of an episode fills all");
}

PointMassEnv::PointMassEnv(const Config& config) : config_(config) {
  spec_.id = config.id;
  spec_.observation_dim = 2 * config.num_axes;
  spec_.action_dim = config.num_axes;
  spec_.max_episode_steps = config.max_steps;
  spec_.can_terminate = config.ends_at_goal;
  if (config.pixels) {
    spec_.observation_dim = 0;
    spec_.image = ImageShape{
        .num_frames = config.frame_stack, .channels = 3, .height = kImageSize, .width = kImageSize};
    frames_.emplace(*spec_.image);
    return;
  }
  spec_.observation_names = {"x", "vx"};
  if (config.num_axes == 2) spec_.observation_names = {"x", "y", "vx", "vy"};
}

void PointMassEnv::reset(std::uint64_t seed) {
  Rng rng(seed, "point_mass");
  point_ = {};
  for (int i = 0; i < config_.num_axes; ++i) point_.position[i] = rng.uniform(-0.9, 0.9);
  elapsed_steps_ = 0;
  is_over_ = false;
  update_observation();
  if (frames_) frames_->begin([this](std::span<std::uint8_t> frame) { draw(frame); });
}

StepResult PointMassEnv::step(std::span<const float> actions) {
  FS_CHECK(!is_over_, "the episode is over: reset first");
  FS_CHECK(std::ssize(actions) == config_.num_axes, "{} actions where {} are needed",
           actions.size(), config_.num_axes);
  advance(point_, actions);
  ++elapsed_steps_;
  update_observation();
  if (frames_) frames_->add([this](std::span<std::uint8_t> frame) { draw(frame); });

  const double distance = norm(point_.position);
  const double speed = norm(point_.velocity);
  const double ratio = (distance + kSpeedCost * speed) / kHalfReward;
  const double reward = 1.0 / (1.0 + ratio * ratio);
  StepResult result{.reward = static_cast<float>(config_.ends_at_goal ? reward - 1.0 : reward)};
  if (config_.ends_at_goal && distance < kGoalRadius && speed < kGoalSpeed) {
    result.outcome = Outcome::kWin;
  }
  result.terminated = result.outcome != Outcome::kNone;
  result.truncated = !result.terminated && elapsed_steps_ >= config_.max_steps;
  is_over_ = result.over();
  return result;
}

void PointMassEnv::advance(Point& point, std::span<const float> force) const {
  for (int i = 0; i < config_.num_axes; ++i) {
    FS_CHECK(std::isfinite(force[i]), "an action of {}", force[i]);
    const double push = std::clamp<double>(force[i], -1.0, 1.0);
    auto& x = point.position[i];
    auto& v = point.velocity[i];
    v += kTimeStep * (kAcceleration * push - kDrag * v);
    x += kTimeStep * v;
    if (std::abs(x) > 1.0) {  // a wall
      x = std::clamp(x, -1.0, 1.0);
      v = 0.0;
    }
  }
}

void PointMassEnv::update_observation() {
  const auto num_axes = config_.num_axes;
  for (int i = 0; i < num_axes; ++i) {
    observation_[i] = static_cast<float>(point_.position[i]);
    observation_[num_axes + i] = static_cast<float>(point_.velocity[i]);
  }
}

std::span<const float> PointMassEnv::observation(int /*player*/) const {
  return std::span(observation_).first(spec_.observation_dim);
}

// A disc is as bright as a pixel is near its middle, so that it moves by less than pixels, too.
void PointMassEnv::draw(std::span<std::uint8_t> frame) const {
  const auto brightness = [](double x, double y) {
    const double distance = std::sqrt(x * x + y * y);
    return static_cast<std::uint8_t>(255.0 * std::clamp(2.0 - distance / kDiscRadius, 0.0, 1.0));
  };
  for (int row = 0; row < kImageSize; ++row) {
    for (int column = 0; column < kImageSize; ++column) {
      const double x = kHalfWidth * (2.0 * (column + 0.5) / kImageSize - 1.0);
      const double y = -kHalfWidth * (2.0 * (row + 0.5) / kImageSize - 1.0);
      const int at = row * kImageSize + column;
      frame[at] = brightness(x - point_.position[0], y - point_.position[1]);
      frame[kImageSize * kImageSize + at] = brightness(x, y);
      frame[2 * kImageSize * kImageSize + at] = 0;
    }
  }
}

std::span<const std::uint8_t> PointMassEnv::image() const {
  return frames_ ? frames_->frames() : std::span<const std::uint8_t>{};
}

bool PointMassEnv::describe_scene(Scene& scene) const {
  scene.width = 2.4;
  scene.height = 2.4;
  scene.pixels_per_unit = 150.0;
  scene.clock = static_cast<double>(elapsed_steps_) * kTimeStep;
  scene.time_limit = static_cast<double>(config_.max_steps) * kTimeStep;
  const auto disc = [](double x, double y, double radius, SceneColor color) {
    SceneShape shape;
    shape.points = {{x + 1.2, y + 1.2}};
    shape.radius = radius;
    shape.color = color;
    return shape;
  };
  scene.shapes = {disc(0.0, 0.0, kHalfReward, {239, 203, 138}),
                  disc(0.0, 0.0, kGoalRadius, {204, 204, 204}),
                  disc(point_.position[0], point_.position[1], 0.05, {93, 158, 199})};
  return true;
}

std::vector<ScenePoint> PointMassEnv::forecast(int /*player*/,
                                               std::span<const float> actions) const {
  Point point = point_;
  std::vector<ScenePoint> path;
  const auto size = static_cast<std::size_t>(config_.num_axes);
  for (std::size_t i = 0; i + size <= actions.size(); i += size) {
    advance(point, actions.subspan(i, size));
    path.push_back({point.position[0] + 1.2, point.position[1] + 1.2});
  }
  return path;
}

FS_REGISTER_ENV("point_mass", PointMassEnv, "drive a sliding point to the origin");

}  // namespace foresight
