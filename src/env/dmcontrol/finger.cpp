// Two links that push a spinner. Source: dm_control 1.0.50, suite/finger.py.
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kSpinVelocity = 15.0;  // rad/s
constexpr double kSpinDamping = 0.03;
constexpr double kEasyRadius = 0.07;  // m, of the target
constexpr double kHardRadius = 0.03;

class Finger : public DmControlTask {
 public:
  explicit Finger(const MujocoPhysics& physics)
      : proximal_(physics.sensor("proximal")),
        distal_(physics.sensor("distal")),
        proximal_velocity_(physics.sensor("proximal_velocity")),
        distal_velocity_(physics.sensor("distal_velocity")),
        hinge_velocity_(physics.sensor("hinge_velocity")),
        tip_(physics.sensor("tip")),
        target_(physics.sensor("target")),
        spinner_(physics.sensor("spinner")),
        touch_top_(physics.sensor("touchtop")),
        touch_bottom_(physics.sensor("touchbottom")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"position", 4}, {"velocity", 3}, {"touch", 2}};
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    const auto sensors = physics.sensors();
    writer.add(sensors[proximal_]);
    writer.add(sensors[distal_]);
    for (const int axis : {0, 2}) writer.add(from_spinner(physics, tip_, axis));
    for (const int sensor : {proximal_velocity_, distal_velocity_, hinge_velocity_}) {
      writer.add(sensors[sensor]);
    }
    for (const int sensor : {touch_top_, touch_bottom_}) writer.add(std::log1p(sensors[sensor]));
  }

 protected:
  static void start_joints(MujocoPhysics& physics, RandomState& random) {
    start_without_contact(physics, [&] { randomize_joints(physics, random); });
  }
  double from_spinner(const MujocoPhysics& physics, int sensor, int axis) const {
    return physics.sensors()[sensor + axis] - physics.sensors()[spinner_ + axis];
  }

  int proximal_, distal_;
  int proximal_velocity_, distal_velocity_, hinge_velocity_;
  int tip_, target_, spinner_;
  int touch_top_, touch_bottom_;
};

class FingerSpin final : public Finger {
 public:
  using Finger::Finger;

  void start(MujocoPhysics& physics, RandomState& random) override {
    for (const char* site : {"target", "tip"}) {
      physics.model().site_rgba[4 * physics.site(site) + 3] = 0.0f;  // not part of this task
    }
    physics.model().dof_damping[physics.qvel_index("hinge")] = kSpinDamping;
    start_joints(physics, random);
  }

  double reward(const MujocoPhysics& physics) const override {
    return physics.sensors()[hinge_velocity_] <= -kSpinVelocity ? 1.0 : 0.0;
  }
};

class FingerTurn final : public Finger {
 public:
  FingerTurn(const MujocoPhysics& physics, double target_radius)
      : Finger(physics), target_radius_(target_radius), target_site_(physics.site("target")) {}

  std::vector<ObservationPart> layout() const override {
    auto parts = Finger::layout();
    parts.insert(parts.end(), {{"target_position", 2}, {"dist_to_target", 1}});
    return parts;
  }

  // The target lies where the tip is at a random angle of the spinner.
  void start(MujocoPhysics& physics, RandomState& random) override {
    mjModel& model = physics.model();
    const double angle = random.uniform(-std::numbers::pi, std::numbers::pi);
    const double* hinge = physics.data().xanchor + 3 * physics.joint("hinge");
    const double* cap = model.geom_size + 3 * physics.geom("cap1");
    const double radius = cap[0] + cap[1] + cap[2];
    model.site_pos[3 * target_site_] = hinge[0] + radius * std::sin(angle);
    model.site_pos[3 * target_site_ + 2] = hinge[2] + radius * std::cos(angle);
    model.site_size[3 * target_site_] = target_radius_;
    start_joints(physics, random);
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    Finger::observe(physics, writer);
    for (const int axis : {0, 2}) writer.add(from_spinner(physics, target_, axis));
    writer.add(distance_to_target(physics));
  }

  double reward(const MujocoPhysics& physics) const override {
    return distance_to_target(physics) <= 0.0 ? 1.0 : 0.0;
  }

 private:
  double distance_to_target(const MujocoPhysics& physics) const {  // from its surface
    const double x = from_spinner(physics, target_, 0) - from_spinner(physics, tip_, 0);
    const double z = from_spinner(physics, target_, 2) - from_spinner(physics, tip_, 2);
    return std::sqrt(x * x + z * z) - physics.model().site_size[3 * target_site_];
  }

  double target_radius_;
  int target_site_;
};

template <typename Make>
bool add(const char* name, const char* help, Make make) {
  return register_dmcontrol_task({.name = name,
                                  .help = help,
                                  .model = {.file = "finger.xml"},
                                  .control_timestep = 0.02,
                                  .make = make});
}

[[maybe_unused]] const bool registered[] = {
    add("finger-spin", "a finger: keep a body spinning at 15 rad/s",
        [](const auto& physics) { return std::make_unique<FingerSpin>(physics); }),
    add("finger-turn-easy", "turn the body's tip into a large target",
        [](const auto& physics) { return std::make_unique<FingerTurn>(physics, kEasyRadius); }),
    add("finger-turn-hard", "turn the body's tip into a small target",
        [](const auto& physics) { return std::make_unique<FingerTurn>(physics, kHardRadius); })};

}  // namespace
}  // namespace foresight
