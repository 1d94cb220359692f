// A four-legged body. Source: dm_control 1.0.50, suite/quadruped.py, Move.
#include <array>
#include <cmath>

#include "base/error.h"
#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kWalkSpeed = 0.5;  // m/s
constexpr double kRunSpeed = 5.0;
constexpr double kEpisodeSeconds = 20.0;  // the floor is as long as one can get in it
constexpr double kLiftStep = 0.01;        // m
constexpr int kMaxLifts = 10000;
constexpr int kNumForceTorque = 24;

class Quadruped final : public DmControlTask {
 public:
  Quadruped(const MujocoPhysics& physics, double desired_speed)
      : desired_speed_(desired_speed),
        torso_(physics.body("torso")),
        root_(physics.qpos_index("root")),
        velocity_(physics.sensor("velocimeter")),
        accelerometer_(physics.sensor("imu_accel")),
        gyro_(physics.sensor("imu_gyro")),
        force_torque_(physics.sensor("force_toe_front_left")) {
    const mjModel& model = physics.model();
    for (int joint = 0; joint < model.njnt; ++joint) {
      if (model.jnt_type[joint] != mjJNT_HINGE) continue;
      hinge_positions_.push_back(model.jnt_qposadr[joint]);
      hinge_velocities_.push_back(model.jnt_dofadr[joint]);
    }
  }

  std::vector<ObservationPart> layout() const override {
    return {{"egocentric_state", 44},
            {"torso_velocity", 3},
            {"torso_upright", 1},
            {"imu", 6},
            {"force_torque", kNumForceTorque}};
  }

  // Turned anyhow, just high enough to touch nothing.
  void start(MujocoPhysics& physics, RandomState& random) override {
    std::array<double, 4> orientation;
    randomize_orientation(orientation, random);
    double height = 0.0;
    for (int lift = 0; lift < kMaxLifts; ++lift) {
      physics.reset();
      auto root = physics.qpos().subspan(root_, 7);
      root[0] = 0.0;
      root[1] = 0.0;
      root[2] = height;
      std::copy(orientation.begin(), orientation.end(), root.begin() + 3);
      physics.forward_without_actuation();
      if (physics.data().ncon == 0) return;
      height += kLiftStep;
    }
    fail("the quadruped touches something at any height");
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    const auto sensors = physics.sensors();
    for (const int index : hinge_positions_) writer.add(physics.qpos()[index]);
    for (const int index : hinge_velocities_) writer.add(physics.qvel()[index]);
    writer.add(physics.act());
    writer.add(sensors.subspan(velocity_, 3));
    writer.add(physics.xmat(torso_, kZz));
    writer.add(sensors.subspan(accelerometer_, 3));
    writer.add(sensors.subspan(gyro_, 3));
    for (const double x : sensors.subspan(force_torque_, kNumForceTorque)) {
      writer.add(std::asinh(x));
    }
  }

  double reward(const MujocoPhysics& physics) const override {
    const double move = tolerance(physics.sensors()[velocity_], at_least(desired_speed_),
                                  desired_speed_, Falloff::kLinear, 0.5);
    const double upright =
        tolerance(physics.xmat(torso_, kZz), at_least(1.0), 2.0, Falloff::kLinear, 0.0);
    return upright * move;
  }

 private:
  double desired_speed_;
  int torso_;                                           // body
  int root_;                                            // in qpos
  int velocity_, accelerometer_, gyro_, force_torque_;  // sensors
  std::vector<int> hinge_positions_, hinge_velocities_;
};

void leave_floor_only(mjSpec& spec, double floor_size) {
  mjsGeom& floor = spec_geom(spec, "floor");
  floor.size[0] = floor_size;
  floor.size[1] = floor_size;
  for (const char* wall : {"wall_px", "wall_py", "wall_nx", "wall_ny"}) {
    remove_from(spec, mjOBJ_GEOM, wall);
  }
  remove_from(spec, mjOBJ_BODY, "ball");
  remove_from(spec, mjOBJ_SITE, "target");
  remove_from(spec, mjOBJ_GEOM, "terrain");
  std::vector<std::string> rangefinders;
  for (mjsElement* element = mjs_firstElement(&spec, mjOBJ_SENSOR); element != nullptr;
       element = mjs_nextElement(&spec, element)) {
    if (mjs_asSensor(element)->type != mjSENS_RANGEFINDER) continue;
    rangefinders.emplace_back(mjs_getString(mjs_getName(element)));
  }
  for (const auto& name : rangefinders) remove_from(spec, mjOBJ_SENSOR, name.c_str());
}

bool add(const char* name, const char* help, double speed) {
  return register_dmcontrol_task(
      {.name = name,
       .help = help,
       .model = {.file = "quadruped.xml",
                 .variant = name,
                 .edit =
                     [speed](mjSpec& spec) { leave_floor_only(spec, kEpisodeSeconds * speed); }},
       .control_timestep = 0.02,
       .make = [speed](const auto& physics) { return std::make_unique<Quadruped>(physics, speed); },
       .camera = 2});
}

[[maybe_unused]] const bool registered[] = {
    add("quadruped-walk", "a four-legged body: walk at 0.5 m/s", kWalkSpeed),
    add("quadruped-run", "run at 5 m/s", kRunSpeed)};

}  // namespace
}  // namespace foresight
