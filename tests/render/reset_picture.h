// The picture that the Python original drew after reset(seed=1, one_starting=True), and what it
// means to look like it: the original rounds corners to whole pixels and does not smooth edges.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "render/canvas.h"

namespace foresight {

inline Canvas reset_picture() {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  const std::filesystem::path fixtures =
      folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures";
  return Canvas::read_png(fixtures / "hockey" / "render_reset_seed1.png");
}

inline std::tuple<int, int, int> rgb(const SceneColor& color) {
  return {color.red, color.green, color.blue};
}

inline std::tuple<int, int, int> rgb(const Canvas& canvas, int x, int y) {
  return rgb(canvas.pixel(x, y));
}

// True when all pixels up to `margin` away have the colour of this one.
inline bool is_flat(const Canvas& canvas, int x, int y, int margin) {
  for (int v = y - margin; v <= y + margin; ++v) {
    for (int u = x - margin; u <= x + margin; ++u) {
      if (rgb(canvas, u, v) != rgb(canvas, x, y)) return false;
    }
  }
  return true;
}

inline void expect_equal_away_from_edges(const Canvas& original, const Canvas& ours) {
  constexpr int kMargin = 2;
  int num_flat = 0;
  int num_different = 0;
  ASSERT_EQ(original.width(), ours.width());
  ASSERT_EQ(original.height(), ours.height());
  for (int y = kMargin; y < ours.height() - kMargin; ++y) {
    for (int x = kMargin; x < ours.width() - kMargin; ++x) {
      if (!is_flat(original, x, y, kMargin)) continue;
      ++num_flat;
      num_different += rgb(original, x, y) != rgb(ours, x, y);
    }
  }
  EXPECT_GT(num_flat, 250000);
  EXPECT_EQ(num_different, 0);
}

}  // namespace foresight
