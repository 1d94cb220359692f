// A ball on a string below a cup. Sources: dm_control 1.0.50, suite/ball_in_cup.py;
// nicklashansen/tdmpc2, envs/tasks/ball_in_cup.py (spin).
#include <cmath>

#include "base/error.h"
#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kSpinDistance = 0.5;  // m
constexpr double kSpinSpeed = 6.0;     // m/s
constexpr double kSpinStartsOutside = 0.1;
constexpr int kMaxAttempts = 10000;

class Cup : public DmControlTask {
 public:
  explicit Cup(const MujocoPhysics& physics)
      : ball_(physics.body("ball")),
        ball_x_(physics.qpos_index("ball_x")),
        ball_z_(physics.qpos_index("ball_z")),
        target_(physics.site("target")) {
    const mjModel& model = physics.model();
    const double radius = model.geom_size[3 * physics.geom("ball")];
    reach_x_ = model.site_size[3 * target_] - radius;
    reach_z_ = model.site_size[3 * target_ + 2] - radius;
  }

  std::vector<ObservationPart> layout() const override {
    return {{"position", 4}, {"velocity", 4}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    start_without_contact(physics, [&] { place_ball(physics, random); });
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    writer.add(physics.qpos());
    writer.add(physics.qvel());
  }

  double reward(const MujocoPhysics& physics) const override {
    return is_in_target(physics) ? 1.0 : 0.0;
  }

 protected:
  void place_ball(MujocoPhysics& physics, RandomState& random) const {
    physics.qpos()[ball_x_] = random.uniform(-0.2, 0.2);
    physics.qpos()[ball_z_] = random.uniform(0.2, 0.5);
  }
  double to_target_x(const MujocoPhysics& physics) const {
    return physics.data().site_xpos[3 * target_] - physics.xpos(ball_)[0];
  }
  double to_target_z(const MujocoPhysics& physics) const {
    return physics.data().site_xpos[3 * target_ + 2] - physics.xpos(ball_)[2];
  }
  bool is_in_target(const MujocoPhysics& physics) const {
    return std::abs(to_target_x(physics)) < reach_x_ && std::abs(to_target_z(physics)) < reach_z_;
  }
  double ball_speed(const MujocoPhysics& physics) const {  // joints are slides: same indices
    return std::sqrt(physics.qvel()[ball_x_] * physics.qvel()[ball_x_] +
                     physics.qvel()[ball_z_] * physics.qvel()[ball_z_]);
  }

 private:
  int ball_;             // body
  int ball_x_, ball_z_;  // in qpos and qvel
  int target_;           // site
  double reach_x_ = 0.0, reach_z_ = 0.0;
};

// Whirls the ball around the cup, far out and fast.
class CupSpin final : public Cup {
 public:
  using Cup::Cup;

  void start(MujocoPhysics& physics, RandomState& random) override {
    const bool may_start_outside = random.uniform() < kSpinStartsOutside;
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
      start_without_contact(physics, [&] { place_ball(physics, random); });
      if (may_start_outside || is_in_target(physics)) return;
    }
    fail("dmcontrol/cup-spin: no start inside of the cup in {} attempts", kMaxAttempts);
  }

  double reward(const MujocoPhysics& physics) const override {
    if (is_in_target(physics)) return 0.0;
    const double x = to_target_x(physics);
    const double z = to_target_z(physics);
    const double far = tolerance(std::sqrt(x * x + z * z), at_least(kSpinDistance),
                                 kSpinDistance / 2.0, Falloff::kLinear, 0.5);
    const double fast = tolerance(ball_speed(physics), at_least(kSpinSpeed), kSpinSpeed / 2.0,
                                  Falloff::kLinear, 0.5);
    return (far + 2.0 * fast) / 3.0;
  }
};

template <typename Task>
bool add(const char* name, const char* help) {
  return register_dmcontrol_task(
      {.name = name,
       .help = help,
       .model = {.file = "ball_in_cup.xml"},
       .control_timestep = 0.02,
       .make = [](const auto& physics) { return std::make_unique<Task>(physics); }});
}

[[maybe_unused]] const bool registered[] = {
    add<Cup>("cup-catch", "catch a ball on a string with a cup"),
    add<CupSpin>("cup-spin", "whirl the ball around the cup")};

}  // namespace
}  // namespace foresight
