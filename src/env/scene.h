// A picture as data: shapes in world coordinates. Environments fill it, src/render draws it, so an
// environment can be shown without knowing how, and drawn without a line in src/render.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace foresight {

struct ScenePoint {
  double x = 0.0;
  double y = 0.0;
};

struct SceneColor {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

// A polygon, or a circle when `radius` is positive (then points[0] is its centre). Filled, then
// outlined `outline_pixels` wide in the same colour.
struct SceneShape {
  std::vector<ScenePoint> points;
  double radius = 0.0;
  SceneColor color;
  double outline_pixels = 2.0;
};

struct Scene {
  double width = 1.0;              // world units shown, x to the right
  double height = 1.0;             // y upwards
  double pixels_per_unit = 60.0;   // of the picture at scale 1
  std::vector<SceneShape> shapes;  // drawn in order
  double clock = 0.0;              // seconds since the episode began
  double time_limit = 0.0;         // seconds; 0: none
};

}  // namespace foresight
