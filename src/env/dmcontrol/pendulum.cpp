// A pendulum with a weak motor. Sources: dm_control 1.0.50, suite/pendulum.py;
// nicklashansen/tdmpc2, envs/tasks/pendulum.py (spin).
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kUprightAngle = 8.0 * std::numbers::pi / 180.0;
constexpr double kSpinSpeed = 9.0;  // rad/s

enum class PendulumGoal { kSwingUp, kSpin };

class Pendulum final : public DmControlTask {
 public:
  Pendulum(const MujocoPhysics& physics, PendulumGoal goal)
      : goal_(goal), pole_(physics.body("pole")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"orientation", 2}, {"velocity", 1}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    physics.qpos()[0] = random.uniform(-std::numbers::pi, std::numbers::pi);
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.xmat(pole_, kZz));
    writer.add(physics.xmat(pole_, kXz));
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    if (goal_ == PendulumGoal::kSwingUp) {
      return tolerance(physics.xmat(pole_, kZz), {std::cos(kUprightAngle), 1.0});
    }
    return tolerance(std::abs(physics.qvel()[0]), at_least(kSpinSpeed), kSpinSpeed / 2.0,
                     Falloff::kLinear, 0.5);
  }

 private:
  PendulumGoal goal_;
  int pole_;  // body
};

bool add(const char* name, const char* help, PendulumGoal goal) {
  return register_dmcontrol_task(
      {.name = name,
       .help = help,
       .model = {.file = "pendulum.xml"},
       .control_timestep = 0.02,
       .make = [goal](const auto& physics) { return std::make_unique<Pendulum>(physics, goal); }});
}

[[maybe_unused]] const bool registered[] = {
    add("pendulum-swingup", "swing a pendulum up with a weak motor", PendulumGoal::kSwingUp),
    add("pendulum-spin", "keep it spinning at 9 rad/s", PendulumGoal::kSpin)};

}  // namespace
}  // namespace foresight
