// A task of the DeepMind Control Suite on MuJoCo's C library, as TD-MPC2 sees it: actions in
// [-1, 1] scaled to the actuators' range and held for two control steps, whose rewards are summed;
// 500 such steps an episode, which never terminates; numbers, or pictures instead. Sources:
// dm_control 1.0.50, rl/control.py, Environment; nicklashansen/tdmpc2, envs/dmcontrol.py.
// Deviations: docs/environments.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "env/dmcontrol/dmcontrol_task.h"
#include "env/dmcontrol/mujoco_camera.h"
#include "env/env.h"
#include "env/frame_stack.h"

namespace foresight {

struct DmControlEnvConfig {
  std::string id;
  std::int64_t action_repeat = 2;
  std::int64_t max_steps = 0;
  bool pixels = false;
  std::int64_t image_size = 64;
  std::int64_t frame_stack = 1;
  std::int64_t camera = -1;
  std::string picture_quality = "suite";  // or fast

  void visit(FieldVisitor& v);
};

class DmControlEnv final : public Env {
 public:
  DmControlEnv(const DmControlTaskInfo& info, const DmControlEnvConfig& config);

  const EnvSpec& spec() const override { return spec_; }
  // Seeds below 2^32 start as the first episode of suite.load(task_kwargs={"random": seed}).
  void reset(std::uint64_t seed) override;
  // actions [A]: finite numbers; those outside of [-1, 1] are clipped.
  StepResult step(std::span<const float> actions) override;
  std::span<const float> observation(int player) const override;
  std::span<const std::uint8_t> image() const override;
  bool describe_scene(Scene& scene) const override;

  std::vector<ObservationPart> layout() const { return task_->layout(); }
  MujocoPhysics& physics() { return physics_; }
  // Looks at the physics again, after somebody set its state.
  void update_observation();

 private:
  void set_control(std::span<const float> actions);
  void take_picture(std::span<std::uint8_t> frame) { cameras_->take(physics_, frame); }

  DmControlEnvConfig config_;
  MujocoPhysics physics_;
  std::unique_ptr<DmControlTask> task_;
  SceneView view_;
  double control_timestep_;  // seconds
  int num_substeps_;         // of the physics in a control step
  EnvSpec spec_;
  std::vector<float> observation_;
  std::optional<FrameStack> frames_;     // where pictures are seen
  std::shared_ptr<CameraPool> cameras_;  // that take them
  std::int64_t elapsed_steps_ = 0;
  bool is_over_ = true;
};

}  // namespace foresight
