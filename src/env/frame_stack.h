// The last few frames that an environment shows, as Env::image() gives them. Axes: F frames, C
// channels, H height, W width.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "env/env_spec.h"

namespace foresight {

class FrameStack {
 public:
  explicit FrameStack(const ImageShape& shape)
      : frame_bytes_(static_cast<std::size_t>(shape.num_bytes() / shape.num_frames)),
        frames_(static_cast<std::size_t>(shape.num_bytes())) {}

  // Where a frame [C, H, W] is drawn: draw(frame). The first of an episode fills all F.
  template <typename Draw>
  void begin(const Draw& draw) {
    draw(newest());
    const std::span<std::uint8_t> first = newest();
    for (std::size_t at = 0; at + frame_bytes_ < frames_.size(); at += frame_bytes_) {
      std::ranges::copy(first, frames_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  // The oldest goes.
  template <typename Draw>
  void add(const Draw& draw) {
    std::copy(frames_.begin() + static_cast<std::ptrdiff_t>(frame_bytes_), frames_.end(),
              frames_.begin());
    draw(newest());
  }

  std::span<const std::uint8_t> frames() const { return frames_; }  // [F, C, H, W], newest last

 private:
  std::span<std::uint8_t> newest() { return std::span(frames_).last(frame_bytes_); }

  std::size_t frame_bytes_;
  std::vector<std::uint8_t> frames_;
};

}  // namespace foresight
