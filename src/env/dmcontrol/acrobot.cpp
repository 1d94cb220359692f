// Two links, a motor at the elbow: swing the tip up. Source: dm_control 1.0.50, suite/acrobot.py.
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

class Acrobot final : public DmControlTask {
 public:
  explicit Acrobot(const MujocoPhysics& physics)
      : upper_(physics.body("upper_arm")),
        lower_(physics.body("lower_arm")),
        tip_(physics.site("tip")),
        target_(physics.site("target")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"orientations", 4}, {"velocity", 2}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    for (double& angle : physics.qpos()) {
      angle = random.uniform(-std::numbers::pi, std::numbers::pi);
    }
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    for (const auto entry : {kXz, kZz}) {
      for (const int body : {upper_, lower_}) writer.add(physics.xmat(body, entry));
    }
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    const double* tip = physics.data().site_xpos + 3 * tip_;
    const double* target = physics.data().site_xpos + 3 * target_;
    const double radius = physics.model().site_size[3 * target_];
    return tolerance(mju_dist3(tip, target), {0.0, radius}, 1.0);
  }

 private:
  int upper_, lower_;  // bodies
  int tip_, target_;   // sites
};

[[maybe_unused]] const bool registered = register_dmcontrol_task(
    {.name = "acrobot-swingup",
     .help = "a double pendulum driven at its elbow: bring the tip to the top",
     .model = {.file = "acrobot.xml"},
     .control_timestep = 0.01,
     .make = [](const auto& physics) { return std::make_unique<Acrobot>(physics); }});

}  // namespace
}  // namespace foresight
