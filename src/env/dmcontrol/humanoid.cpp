// A humanoid of 21 joints. Source: dm_control 1.0.50, suite/humanoid.py.
#include <array>
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kStandHeight = 1.4;  // m, of the head
constexpr double kWalkSpeed = 1.0;    // m/s
constexpr double kRunSpeed = 10.0;
constexpr std::array kExtremities{"left_hand", "left_foot", "right_hand", "right_foot"};

class Humanoid final : public DmControlTask {
 public:
  Humanoid(const MujocoPhysics& physics, double move_speed)  // 0: stand still
      : move_speed_(move_speed),
        torso_(physics.body("torso")),
        head_(physics.body("head")),
        velocity_(physics.sensor("torso_subtreelinvel")) {
    for (std::size_t i = 0; i < kExtremities.size(); ++i) {
      extremities_[i] = physics.body(kExtremities[i]);
    }
  }

  std::vector<ObservationPart> layout() const override {
    return {{"joint_angles", 21},  {"head_height", 1},  {"extremities", 12},
            {"torso_vertical", 3}, {"com_velocity", 3}, {"velocity", 27}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    start_without_contact(physics, [&] { randomize_joints(physics, random); });
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.qpos().subspan(7));  // without the root
    writer.add(physics.xpos(head_)[2]);
    for (const int body : extremities_) {
      std::array<double, 3> from_torso;
      mju_sub3(from_torso.data(), physics.xpos(body).data(), physics.xpos(torso_).data());
      add_in_frame(writer, from_torso, physics.data().xmat + 9 * torso_);
    }
    for (const auto entry : {kZx, kZy, kZz}) writer.add(physics.xmat(torso_, entry));
    writer.add(physics.sensors().subspan(velocity_, 3));
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    const double standing =
        tolerance(physics.xpos(head_)[2], at_least(kStandHeight), kStandHeight / 4.0);
    const double upright =
        tolerance(physics.xmat(torso_, kZz), at_least(0.9), 1.9, Falloff::kLinear, 0.0);
    return small_control(physics) * (standing * upright) * moves(physics);
  }

 private:
  double moves(const MujocoPhysics& physics) const {
    const double x = physics.sensors()[velocity_];
    const double y = physics.sensors()[velocity_ + 1];
    if (move_speed_ == 0.0) return (tolerance(x, {}, 2.0) + tolerance(y, {}, 2.0)) / 2.0;
    const double move = tolerance(std::sqrt(x * x + y * y), at_least(move_speed_), move_speed_,
                                  Falloff::kLinear, 0.0);
    return (5.0 * move + 1.0) / 6.0;
  }

  double move_speed_;
  int torso_, head_;  // bodies
  int velocity_;      // sensor
  std::array<int, kExtremities.size()> extremities_{};
};

bool add(const char* name, const char* help, double move_speed) {
  return register_dmcontrol_task({.name = name,
                                  .help = help,
                                  .model = {.file = "humanoid.xml"},
                                  .control_timestep = 0.025,
                                  .make = [move_speed](const auto& physics) {
                                    return std::make_unique<Humanoid>(physics, move_speed);
                                  }});
}

[[maybe_unused]] const bool registered[] = {add("humanoid-stand", "a humanoid: stand still", 0.0),
                                            add("humanoid-walk", "walk at 1 m/s", kWalkSpeed),
                                            add("humanoid-run", "run at 10 m/s", kRunSpeed)};

}  // namespace
}  // namespace foresight
