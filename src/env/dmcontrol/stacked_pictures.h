// The last few pictures of a camera, as an environment shows them. Axes: F frames, C colours, S
// edge.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "env/dmcontrol/mujoco_camera.h"
#include "env/env_spec.h"

namespace foresight {

class StackedPictures {
 public:
  StackedPictures(std::shared_ptr<CameraPool> cameras, const ImageShape& shape);

  const ImageShape& shape() const { return shape_; }
  // The first picture of an episode fills all F.
  void begin(MujocoPhysics& physics);
  // The newest comes last, the oldest goes.
  void add(MujocoPhysics& physics);
  std::span<const std::uint8_t> frames() const { return frames_; }  // [F, C, S, S]

 private:
  std::span<std::uint8_t> frame(std::int64_t index);

  std::shared_ptr<CameraPool> cameras_;
  ImageShape shape_;
  std::vector<std::uint8_t> frames_;
};

}  // namespace foresight
