// Pictures of a MuJoCo simulation, drawn by MuJoCo's own renderer as the suite's physics.render
// does. Source: dm_control 1.0.50, mujoco/engine.py, Camera. Axes: C colours, S edge of a picture.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "env/dmcontrol/gl_library.h"
#include "env/dmcontrol/mujoco_physics.h"

namespace foresight {

// kFast: no shadows, no reflections, edges not smoothed.
enum class PictureQuality { kSuite, kFast };

struct CameraView {
  int camera = 0;  // of the model
  int size = 64;   // S, pixels
  PictureQuality quality = PictureQuality::kSuite;
  auto operator<=>(const CameraView&) const = default;
};

class MujocoCamera {
 public:
  MujocoCamera(std::shared_ptr<const mjModel> model, const CameraView& view);
  ~MujocoCamera();
  MujocoCamera(const MujocoCamera&) = delete;
  MujocoCamera& operator=(const MujocoCamera&) = delete;

  // picture [C, S, S], red first, the top row first. `physics` is of the camera's model.
  void take(MujocoPhysics& physics, std::span<std::uint8_t> picture);

 private:
  void draw(MujocoPhysics& physics);

  std::shared_ptr<const mjModel> model_;
  CameraView view_;
  std::unique_ptr<GlContext> gl_;
  std::unique_ptr<mjrContext> context_;  // 50 kB
  mjvScene scene_;
  std::vector<std::uint8_t> pixels_;  // [S, S, C], the bottom row first
};

// The cameras of all environments with the same model and view: as many as threads that take
// pictures at the same time, since each takes tens of megabytes.
class CameraPool {
 public:
  CameraPool(std::shared_ptr<const mjModel> model, const CameraView& view);
  // As MujocoCamera::take, by any thread.
  void take(MujocoPhysics& physics, std::span<std::uint8_t> picture);

 private:
  std::shared_ptr<const mjModel> model_;
  CameraView view_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<MujocoCamera>> idle_;
};

// The pool of that model and view, made where there is none. Error: nothing can draw here.
std::shared_ptr<CameraPool> cameras_for(const std::shared_ptr<const mjModel>& model,
                                        const CameraView& view);

}  // namespace foresight
