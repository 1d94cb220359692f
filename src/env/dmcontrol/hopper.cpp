// A planar one-legged hopper. Sources: dm_control 1.0.50, suite/hopper.py; nicklashansen/tdmpc2,
// envs/tasks/hopper.py (backwards).
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kStandHeight = 0.6;  // m, of the torso over the foot
constexpr double kHopSpeed = 2.0;     // m/s
constexpr double kHopBackwardsSpeed = 1.0;

enum class HopperGoal { kStand, kHop, kHopBackwards };

class Hopper final : public DmControlTask {
 public:
  Hopper(const MujocoPhysics& physics, HopperGoal goal)
      : goal_(goal),
        torso_(physics.body("torso")),
        foot_(physics.body("foot")),
        speed_(physics.sensor("torso_subtreelinvel")),
        touch_toe_(physics.sensor("touch_toe")),
        touch_heel_(physics.sensor("touch_heel")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"position", 6}, {"velocity", 7}, {"touch", 2}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    randomize_joints(physics, random);
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.qpos().subspan(1));  // wherever it is
    writer.add(physics.qvel());
    for (const int sensor : {touch_toe_, touch_heel_}) {
      writer.add(std::log1p(physics.sensors()[sensor]));
    }
  }

  double reward(const MujocoPhysics& physics) const override {
    const double* centres = physics.data().xipos;  // of mass
    const double height = centres[3 * torso_ + 2] - centres[3 * foot_ + 2];
    const double standing = tolerance(height, {kStandHeight, 2.0});
    const double speed = physics.sensors()[speed_];
    switch (goal_) {
      case HopperGoal::kStand:
        return standing * small_control(physics);
      case HopperGoal::kHop:
        return standing *
               tolerance(speed, at_least(kHopSpeed), kHopSpeed / 2.0, Falloff::kLinear, 0.5);
      case HopperGoal::kHopBackwards:
        return standing * tolerance(speed, at_most(-kHopBackwardsSpeed), kHopBackwardsSpeed / 2.0,
                                    Falloff::kLinear, 0.5);
    }
    return 0.0;
  }

 private:
  HopperGoal goal_;
  int torso_, foot_;                    // bodies
  int speed_, touch_toe_, touch_heel_;  // sensors
};

bool add(const char* name, const char* help, HopperGoal goal) {
  return register_dmcontrol_task(
      {.name = name,
       .help = help,
       .model = {.file = "hopper.xml"},
       .control_timestep = 0.02,
       .make = [goal](const auto& physics) { return std::make_unique<Hopper>(physics, goal); }});
}

[[maybe_unused]] const bool registered[] = {
    add("hopper-stand", "a planar hopper: stand with little effort", HopperGoal::kStand),
    add("hopper-hop", "hop at 2 m/s", HopperGoal::kHop),
    add("hopper-hop-backwards", "hop backwards at 1 m/s", HopperGoal::kHopBackwards)};

}  // namespace
}  // namespace foresight
