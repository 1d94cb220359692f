// One MuJoCo simulation, stepped in the suite's order so that what is observed belongs to the
// present position and velocity. Source: dm_control 1.0.50, mujoco/engine.py, Physics, with
// legacy_step.
#pragma once

#include <mujoco/mujoco.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace foresight {

// Entries of a row-major rotation matrix: kXz is the x-component of the local z-axis.
enum MatrixEntry { kXx, kXy, kXz, kYx, kYy, kYz, kZx, kZy, kZz };

class MujocoPhysics {
 public:
  explicit MujocoPhysics(std::shared_ptr<const mjModel> model);

  const std::shared_ptr<const mjModel>& shared_model() const { return shared_; }
  // The model is shared, but for the options, positions and sizes of geoms and sites, colours of
  // sites and damping of joints, which an episode may change here.
  mjModel& model() { return model_; }
  const mjModel& model() const { return model_; }
  mjData& data() { return *data_; }
  const mjData& data() const { return *data_; }

  // Index of the thing of that name; a name the model lacks is a bug.
  int id(mjtObj kind, const char* name) const;
  int body(const char* name) const { return id(mjOBJ_BODY, name); }
  int geom(const char* name) const { return id(mjOBJ_GEOM, name); }
  int site(const char* name) const { return id(mjOBJ_SITE, name); }
  int joint(const char* name) const { return id(mjOBJ_JOINT, name); }
  // Where the joint's or sensor's numbers begin.
  int qpos_index(const char* joint_name) const { return model_.jnt_qposadr[joint(joint_name)]; }
  int qvel_index(const char* joint_name) const { return model_.jnt_dofadr[joint(joint_name)]; }
  int sensor(const char* name) const { return model_.sensor_adr[id(mjOBJ_SENSOR, name)]; }

  std::span<double> qpos() { return {data_->qpos, static_cast<std::size_t>(model_.nq)}; }
  std::span<double> qvel() { return {data_->qvel, static_cast<std::size_t>(model_.nv)}; }
  std::span<double> act() { return {data_->act, static_cast<std::size_t>(model_.na)}; }
  std::span<double> ctrl() { return {data_->ctrl, static_cast<std::size_t>(model_.nu)}; }
  std::span<const double> qpos() const { return {data_->qpos, std::size_t(model_.nq)}; }
  std::span<const double> qvel() const { return {data_->qvel, std::size_t(model_.nv)}; }
  std::span<const double> act() const { return {data_->act, std::size_t(model_.na)}; }
  std::span<const double> ctrl() const { return {data_->ctrl, std::size_t(model_.nu)}; }
  std::span<const double> sensors() const {
    return {data_->sensordata, std::size_t(model_.nsensordata)};
  }
  std::span<const double, 3> xpos(int body) const {
    return std::span<const double, 3>(data_->xpos + 3 * body, 3);
  }
  double xmat(int body, MatrixEntry entry) const { return data_->xmat[9 * body + entry]; }

  // Back to the model's initial state, everything computed from it.
  void reset();
  // Recomputes everything from position and velocity, with actuators off: there is no action yet.
  void forward_without_actuation();
  // Advances by so many time steps of the model under ctrl().
  void step(int num_substeps);
  // Whether MuJoCo gave up on a state since the last reset (and put its initial state there).
  bool has_diverged() const;

 private:
  struct DataDeleter {
    void operator()(mjData* data) const { mj_deleteData(data); }
  };

  void finish_step();

  std::shared_ptr<const mjModel> shared_;
  mjModel model_;  // shallow, except for what follows
  std::vector<double> geom_pos_, geom_size_, site_pos_, site_size_, dof_damping_;
  std::vector<float> site_rgba_;
  std::unique_ptr<mjData, DataDeleter> data_;
};

}  // namespace foresight
