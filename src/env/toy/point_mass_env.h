// A point that slides and must be driven to the origin: the smallest task on which learning can be
// seen. Episodes are cut after 100 steps; with `ends_at_goal` they also end, won, where the point
// comes to rest at the origin; with `pixels` it is seen from above instead of told in numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "env/env.h"
#include "env/frame_stack.h"

namespace foresight {

struct PointMassEnvConfig {
  std::string id = "point_mass";
  std::int64_t num_axes = 2;
  bool ends_at_goal = false;
  std::int64_t max_steps = 100;
  bool pixels = false;
  std::int64_t frame_stack = 1;

  void visit(FieldVisitor& v);
};

class PointMassEnv final : public Env {
 public:
  using Config = PointMassEnvConfig;
  explicit PointMassEnv(const Config& config);

  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  // actions [A]: force along each axis, clipped to [-1, 1]. The reward is in [0, 1]: 1 at rest in
  // the origin, 1/2 at a distance of 0.3. With ends_at_goal it is 1 less, so that a quick end pays.
  StepResult step(std::span<const float> actions) override;
  // [2 A]: position in [-1, 1] and velocity of each axis.
  std::span<const float> observation(int player) const override;
  // The origin is green, the point red.
  std::span<const std::uint8_t> image() const override;
  bool describe_scene(Scene& scene) const override;
  std::vector<ScenePoint> forecast(int player, std::span<const float> actions) const override;

 private:
  static constexpr int kMaxAxes = 2;
  struct Point {
    std::array<double, kMaxAxes> position{};
    std::array<double, kMaxAxes> velocity{};  // units / s
  };

  void advance(Point& point, std::span<const float> force) const;
  void update_observation();
  void draw(std::span<std::uint8_t> frame) const;  // [3, 64, 64]

  Config config_;
  EnvSpec spec_;
  Point point_;
  std::int64_t elapsed_steps_ = 0;
  bool is_over_ = true;
  std::array<float, 2 * kMaxAxes> observation_{};
  std::optional<FrameStack> frames_;
};

}  // namespace foresight
