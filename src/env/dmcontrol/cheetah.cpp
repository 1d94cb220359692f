// A planar animal that runs. Sources: dm_control 1.0.50, suite/cheetah.py; nicklashansen/tdmpc2,
// envs/tasks/cheetah.py (the tasks on a longer ground).
#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kRunSpeed = 10.0;  // m/s; the other goals ask for a part of it
constexpr double kBackwardsSpeed = 0.8 * kRunSpeed;
constexpr double kOneFootSpeed = 0.6 * kRunSpeed;
constexpr double kStandSpeed = 0.5;
constexpr double kUpHeight = 1.2;  // m
constexpr int kSettleSteps = 200;

enum class CheetahGoal { kRun, kRunBackwards, kRunOnFront, kRunOnBack, kJump };

class Cheetah final : public DmControlTask {
 public:
  Cheetah(const MujocoPhysics& physics, CheetahGoal goal)
      : goal_(goal),
        speed_(physics.sensor("torso_subtreelinvel")),
        torso_(physics.body("torso")),
        front_foot_(physics.body("ffoot")),
        back_foot_(physics.body("bfoot")) {}

  std::vector<ObservationPart> layout() const override {
    return {{"position", 8}, {"velocity", 9}};
  }

  // Falls from a random pose before the clock starts.
  void start(MujocoPhysics& physics, RandomState& random) override {
    randomize_limited_joints(physics, random);
    physics.step(kSettleSteps);
    physics.data().time = 0.0;
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.qpos().subspan(1));  // wherever it is
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    switch (goal_) {
      case CheetahGoal::kRun:
        return moves(physics, at_least(kRunSpeed), kRunSpeed);
      case CheetahGoal::kRunBackwards:
        return moves(physics, at_most(-kBackwardsSpeed), kBackwardsSpeed);
      case CheetahGoal::kRunOnFront:
        return runs_with_foot_up(physics, back_foot_);
      case CheetahGoal::kRunOnBack:
        return runs_with_foot_up(physics, front_foot_);
      case CheetahGoal::kJump:
        return (stands_with_foot_up(physics, back_foot_) +
                stands_with_foot_up(physics, front_foot_)) /
               2.0;
    }
    return 0.0;
  }

 private:
  static double is_up(double height) {
    return tolerance(height, at_least(kUpHeight), kUpHeight / 2.0);
  }

  double moves(const MujocoPhysics& physics, Bounds speed, double margin) const {
    return tolerance(physics.sensors()[speed_], speed, margin, Falloff::kLinear, 0.0);
  }

  double runs_with_foot_up(const MujocoPhysics& physics, int foot) const {
    const double up =
        (3.0 * is_up(physics.xpos(foot)[2]) + 2.0 * is_up(physics.xpos(torso_)[2])) / 5.0;
    return up * (5.0 * moves(physics, at_least(kOneFootSpeed), kOneFootSpeed) + 1.0) / 6.0;
  }

  double stands_with_foot_up(const MujocoPhysics& physics, int foot) const {
    const double up = is_up((physics.xpos(torso_)[2] + physics.xpos(foot)[2]) / 2.0);
    return (5.0 * up + moves(physics, {-kStandSpeed, kStandSpeed}, kStandSpeed)) / 6.0;
  }

  CheetahGoal goal_;
  int speed_;                           // sensor
  int torso_, front_foot_, back_foot_;  // bodies
};

void lengthen_ground(mjSpec& spec) { spec_geom(spec, "ground").size[0] = 200.0; }

bool add(const char* name, const char* help, CheetahGoal goal) {
  ModelRecipe model{.file = "cheetah.xml"};
  if (goal != CheetahGoal::kRun) {
    model.variant = "long ground";
    model.edit = lengthen_ground;
  }
  return register_dmcontrol_task(
      {.name = name,
       .help = help,
       .model = std::move(model),
       .control_timestep = 0.01,
       .make = [goal](const auto& physics) { return std::make_unique<Cheetah>(physics, goal); }});
}

[[maybe_unused]] const bool registered[] = {
    add("cheetah-run", "a planar animal: run at 10 m/s", CheetahGoal::kRun),
    add("cheetah-run-backwards", "run backwards at 8 m/s", CheetahGoal::kRunBackwards),
    add("cheetah-run-front", "run at 6 m/s with the back foot up", CheetahGoal::kRunOnFront),
    add("cheetah-run-back", "run at 6 m/s with the front foot up", CheetahGoal::kRunOnBack),
    add("cheetah-jump", "stay in place with both feet up", CheetahGoal::kJump)};

}  // namespace
}  // namespace foresight
