// A dog of 38 actuators. Source: dm_control 1.0.50, suite/dog.py, Stand and Move.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "env/dmcontrol/dmcontrol_task.h"

namespace foresight {
namespace {

constexpr double kStandFraction = 0.9;  // of the height in the default pose
constexpr double kUprightAngle = 30.0 * std::numbers::pi / 180.0;
constexpr double kWalkSpeed = 1.0;  // m/s
constexpr double kTrotSpeed = 3.0;
constexpr double kRunSpeed = 9.0;
constexpr double kEpisodeSeconds = 15.0;

class Dog final : public DmControlTask {
 public:
  Dog(const MujocoPhysics& physics, double move_speed)  // 0: stand
      : move_speed_(move_speed),
        skull_(physics.body("skull")),
        torso_(physics.body("torso")),
        pelvis_(physics.body("pelvis")),
        root_(physics.qpos_index("root")),
        velocity_(physics.sensor("torso_linvel")),
        inertial_(physics.sensor("accelerometer")),
        foot_forces_(physics.sensor("foot_L")),
        touch_(physics.sensor("palm_L")) {
    const mjModel& model = physics.model();
    for (int joint = 0; joint < model.njnt; ++joint) {
      if (model.jnt_type[joint] != mjJNT_HINGE) continue;
      hinge_positions_.push_back(model.jnt_qposadr[joint]);
      hinge_velocities_.push_back(model.jnt_dofadr[joint]);
    }
  }

  std::vector<ObservationPart> layout() const override {
    return {{"joint_angles", 73}, {"joint_velocites", 73},   {"torso_pelvis_height", 2},
            {"z_projection", 9},  {"torso_com_velocity", 3}, {"inertial_sensors", 9},
            {"foot_forces", 12},  {"touch_sensors", 4},      {"actuator_state", 38}};
  }

  void start(MujocoPhysics& physics, RandomState& random) override {
    const mjModel& model = physics.model();
    torso_height_ = kStandFraction * physics.xpos(torso_)[2];
    pelvis_height_ = kStandFraction * physics.xpos(pelvis_)[2];
    body_weight_ = -model.opt.gravity[2] * model.body_subtreemass[torso_];

    const double azimuth = random.uniform(0.0, 2.0 * std::numbers::pi);
    const std::array orientation{std::cos(azimuth / 2.0), 0.0, 0.0, std::sin(azimuth / 2.0)};
    std::ranges::copy(orientation, physics.qpos().subspan(root_ + 3, 4).begin());
    for (const int horizontal : {0, 1, 5}) physics.qvel()[horizontal] = 2.0 * random.normal();
    for (int i = 0; i < model.na; ++i) {
      const double* range = model.actuator_ctrlrange + 2 * i;
      physics.act()[i] = random.uniform(range[0], range[1]);
    }
  }

  void observe(const MujocoPhysics& physics, ObservationWriter& writer) const override {
    const auto sensors = physics.sensors();
    for (const int index : hinge_positions_) writer.add(physics.qpos()[index]);
    for (const int index : hinge_velocities_) writer.add(physics.qvel()[index]);
    for (const int body : {torso_, pelvis_}) writer.add(physics.xpos(body)[2]);
    for (const int body : {skull_, torso_, pelvis_}) {
      for (const auto entry : {kZx, kZy, kZz}) writer.add(physics.xmat(body, entry));
    }
    add_in_frame(writer, sensors.subspan(velocity_).first<3>(), physics.data().xmat + 9 * torso_);
    writer.add(sensors.subspan(inertial_, 9));  // accelerometer, velocimeter, gyro
    writer.add(sensors.subspan(foot_forces_, 12));
    writer.add(sensors.subspan(touch_, 4));
    writer.add(physics.act());
  }

  double reward(const MujocoPhysics& physics) const override {
    double product =
        is_high(physics, torso_, torso_height_) * is_high(physics, pelvis_, pelvis_height_);
    const double cosine = std::cos(kUprightAngle);
    for (const int body : {skull_, torso_, pelvis_}) {
      product *=
          tolerance(physics.xmat(body, kZz), at_least(cosine), cosine + 1.0, Falloff::kLinear, 0.0);
    }
    double touch = 0.0;
    for (const double force : physics.sensors().subspan(touch_, 4)) touch += force;
    product *= tolerance(touch, at_least(body_weight_), body_weight_, Falloff::kLinear, 0.9);
    return move_speed_ == 0.0 ? product : product * moves(physics);
  }

 private:
  static double is_high(const MujocoPhysics& physics, int body, double height) {
    return tolerance(physics.xpos(body)[2], at_least(height), height);
  }

  double moves(const MujocoPhysics& physics) const {
    const auto velocity = physics.sensors().subspan(velocity_, 3);
    const double forward = velocity[0] * physics.xmat(torso_, kXx) +
                           velocity[1] * physics.xmat(torso_, kYx) +
                           velocity[2] * physics.xmat(torso_, kZx);
    const double move = tolerance(forward, {move_speed_, 2.0 * move_speed_},
                                  std::max(1.0, move_speed_), Falloff::kLinear, 0.0);
    return (4.0 * move + 1.0) / 5.0;
  }

  double move_speed_;
  int skull_, torso_, pelvis_;                     // bodies
  int root_;                                       // in qpos
  int velocity_, inertial_, foot_forces_, touch_;  // sensors
  std::vector<int> hinge_positions_, hinge_velocities_;
  double torso_height_ = 0.0, pelvis_height_ = 0.0;  // m, where standing is paid in full
  double body_weight_ = 0.0;                         // N
};

void leave_floor_only(mjSpec& spec, double floor_size) {
  mjsGeom& floor = spec_geom(spec, "floor");
  floor.size[0] = floor_size;
  floor.size[1] = floor_size;
  floor.size[2] = 0.1;
  remove_from(spec, mjOBJ_CAMERA, "ball");
  remove_from(spec, mjOBJ_CAMERA, "head");
  remove_from(spec, mjOBJ_BODY, "ball");
  for (const char* geom : {"target", "wall_px", "wall_nx", "wall_py", "wall_ny"}) {
    remove_from(spec, mjOBJ_GEOM, geom);
  }
}

bool add(const char* name, const char* help, double move_speed) {
  const double floor_size = kEpisodeSeconds * std::max(move_speed, kWalkSpeed);
  return register_dmcontrol_task(
      {.name = name,
       .help = help,
       .model = {.file = "dog.xml",
                 .variant = fmt::format("floor {}", floor_size),
                 .edit = [floor_size](mjSpec& spec) { leave_floor_only(spec, floor_size); }},
       .control_timestep = 0.015,
       .make = [move_speed](const auto& physics) {
         return std::make_unique<Dog>(physics, move_speed);
       }});
}

[[maybe_unused]] const bool registered[] = {
    add("dog-stand", "a dog: stand", 0.0), add("dog-walk", "walk at 1 m/s", kWalkSpeed),
    add("dog-trot", "trot at 3 m/s", kTrotSpeed), add("dog-run", "run at 9 m/s", kRunSpeed)};

}  // namespace
}  // namespace foresight
