// Draws a Scene: world coordinates (y upwards) to pixels (y downwards), shapes in their order.
#pragma once

#include "env/scene.h"
#include "render/canvas.h"

namespace foresight {

// Where a scene lies on a canvas.
struct Viewport {
  double x = 0.0;  // of its upper left corner, pixels
  double y = 0.0;
  double scale = 1.0;  // 1: `pixels_per_unit` pixels a world unit
};

Rectangle area_of(const Scene& scene, const Viewport& viewport);  // pixels
ScenePoint to_pixels(ScenePoint world, const Scene& scene, const Viewport& viewport);

// White ground, then every shape, cut off at the scene's border.
void paint_scene(Canvas& canvas, const Scene& scene, const Viewport& viewport);

}  // namespace foresight
