// A fish in water. Source: dm_control 1.0.50, suite/fish.py, Swim.
#include <array>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr std::array kJoints{"tail1",          "tail_twist",   "tail2",        "finright_roll",
                             "finright_pitch", "finleft_roll", "finleft_pitch"};

class FishSwim final : public DmControlTask {
 public:
  explicit FishSwim(const MujocoPhysics& physics)
      : torso_(physics.body("torso")),
        root_(physics.qpos_index("root")),
        mouth_(physics.geom("mouth")),
        target_(physics.geom("target")) {
    for (std::size_t i = 0; i < kJoints.size(); ++i) joints_[i] = physics.qpos_index(kJoints[i]);
  }

  std::vector<ObservationPart> layout() const override {
    return {{"joint_angles", 7}, {"upright", 1}, {"target", 3}, {"velocity", 13}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    auto qpos = physics.qpos();
    randomize_orientation(qpos.subspan(root_ + 3).first<4>(), random);
    for (const int joint : joints_) qpos[joint] = random.uniform(-0.2, 0.2);
    double* target = physics.model().geom_pos + 3 * target_;
    target[0] = random.uniform(-0.4, 0.4);
    target[1] = random.uniform(-0.4, 0.4);
    target[2] = random.uniform(0.1, 0.3);
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    for (const int joint : joints_) writer.add(physics.qpos()[joint]);
    writer.add(physics.xmat(torso_, kZz));
    add_in_frame(writer, to_target(physics), physics.data().geom_xmat + 9 * mouth_);
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    const mjModel& model = physics.model();
    const double radii = model.geom_size[3 * mouth_] + model.geom_size[3 * target_];
    const auto way = to_target(physics);
    const double at_target = tolerance(mju_norm3(way.data()), {0.0, radii}, 2.0 * radii);
    const double upright = 0.5 * (physics.xmat(torso_, kZz) + 1.0);
    return (7.0 * at_target + upright) / 8.0;
  }

 private:
  std::array<double, 3> to_target(const MujocoPhysics& physics) const {
    std::array<double, 3> way;
    mju_sub3(way.data(), physics.data().geom_xpos + 3 * target_,
             physics.data().geom_xpos + 3 * mouth_);
    return way;
  }

  int torso_;                                 // body
  int root_;                                  // in qpos
  int mouth_, target_;                        // geoms
  std::array<int, kJoints.size()> joints_{};  // in qpos
};

[[maybe_unused]] const bool registered = register_dmcontrol_task(
    {.name = "fish-swim",
     .help = "swim to a target and stay upright",
     .model = {.file = "fish.xml"},
     .control_timestep = 0.04,
     .make = [](const auto& physics) { return std::make_unique<FishSwim>(physics); },
     .view = SceneView::kTop});

}  // namespace
}  // namespace foresight
