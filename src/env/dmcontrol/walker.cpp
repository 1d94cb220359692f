// A planar walker. Sources: dm_control 1.0.50, suite/walker.py; nicklashansen/tdmpc2,
// envs/tasks/walker.py (backwards, on a longer floor).
#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kStandHeight = 1.2;  // m, of the torso
constexpr double kWalkSpeed = 1.0;    // m/s
constexpr double kRunSpeed = 8.0;

class Walker final : public DmControlTask {
 public:
  Walker(const MujocoPhysics& physics, double move_speed)  // 0: stand; negative: backwards
      : move_speed_(move_speed),
        torso_(physics.body("torso")),
        speed_(physics.sensor("torso_subtreelinvel")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"orientations", 14}, {"height", 1}, {"velocity", 9}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    randomize_joints(physics, random);
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    for (int body = 1; body < physics.model().nbody; ++body) {
      writer.add(physics.xmat(body, kXx));
      writer.add(physics.xmat(body, kXz));
    }
    writer.add(physics.xpos(torso_)[2]);
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    const double standing =
        tolerance(physics.xpos(torso_)[2], at_least(kStandHeight), kStandHeight / 2.0);
    const double upright = (1.0 + physics.xmat(torso_, kZz)) / 2.0;
    const double stand = (3.0 * standing + upright) / 4.0;
    if (move_speed_ == 0.0) return stand;
    const Bounds speeds = move_speed_ > 0.0 ? at_least(move_speed_) : at_most(move_speed_);
    const double move = tolerance(physics.sensors()[speed_], speeds, std::abs(move_speed_) / 2.0,
                                  Falloff::kLinear, 0.5);
    return stand * (5.0 * move + 1.0) / 6.0;
  }

 private:
  double move_speed_;
  int torso_;  // body
  int speed_;  // sensor
};

void lengthen_floor(mjSpec& spec) { spec_geom(spec, "floor").size[0] = 500.0; }

bool add(const char* name, const char* help, double move_speed) {
  ModelRecipe model{.file = "walker.xml"};
  if (move_speed < 0.0) {
    model.variant = "long floor";
    model.edit = lengthen_floor;
  }
  return register_dmcontrol_task({.name = name,
                                  .help = help,
                                  .model = std::move(model),
                                  .control_timestep = 0.025,
                                  .make = [move_speed](const auto& physics) {
                                    return std::make_unique<Walker>(physics, move_speed);
                                  }});
}

[[maybe_unused]] const bool registered[] = {
    add("walker-stand", "a planar walker: stand up", 0.0),
    add("walker-walk", "walk at 1 m/s", kWalkSpeed), add("walker-run", "run at 8 m/s", kRunSpeed),
    add("walker-walk-backwards", "walk backwards at 1 m/s", -kWalkSpeed),
    add("walker-run-backwards", "run backwards at 8 m/s", -kRunSpeed)};

}  // namespace
}  // namespace foresight
