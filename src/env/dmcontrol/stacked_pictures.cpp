#include "env/dmcontrol/stacked_pictures.h"

#include <algorithm>

namespace foresight {

StackedPictures::StackedPictures(std::shared_ptr<CameraPool> cameras, const ImageShape& shape)
    : cameras_(std::move(cameras)), shape_(shape), frames_(shape.num_bytes()) {}

std::span<std::uint8_t> StackedPictures::frame(std::int64_t index) {
  const auto size = frames_.size() / static_cast<std::size_t>(shape_.num_frames);
  return std::span(frames_).subspan(static_cast<std::size_t>(index) * size, size);
}

void StackedPictures::begin(MujocoPhysics& physics) {
  cameras_->take(physics, frame(0));
  for (std::int64_t i = 1; i < shape_.num_frames; ++i) {
    std::ranges::copy(frame(0), frame(i).begin());
  }
}

void StackedPictures::add(MujocoPhysics& physics) {
  for (std::int64_t i = 1; i < shape_.num_frames; ++i) {
    std::ranges::copy(frame(i), frame(i - 1).begin());
  }
  cameras_->take(physics, frame(shape_.num_frames - 1));
}

}  // namespace foresight
