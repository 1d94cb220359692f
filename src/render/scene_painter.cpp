#include "render/scene_painter.h"

#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

void paint_shape(Canvas& canvas, const SceneShape& shape, const Scene& scene,
                 const Viewport& viewport) {
  FS_CHECK(!shape.points.empty(), "a shape of a scene has no points");
  const Ink ink{shape.color};
  if (shape.radius > 0.0) {
    // The original's outline of a circle lies within it, that of a polygon half outside.
    const double radius = shape.radius * scene.pixels_per_unit * viewport.scale;
    canvas.fill_circle(to_pixels(shape.points.front(), scene, viewport), radius, ink);
    return;
  }
  std::vector<ScenePoint> corners;
  for (const ScenePoint& point : shape.points) {
    corners.push_back(to_pixels(point, scene, viewport));
  }
  canvas.fill_polygon(corners, shape.outline_pixels * viewport.scale, ink);
}

}  // namespace

Rectangle area_of(const Scene& scene, const Viewport& viewport) {
  const double pixels = scene.pixels_per_unit * viewport.scale;
  return {viewport.x, viewport.y, scene.width * pixels, scene.height * pixels};
}

ScenePoint to_pixels(ScenePoint world, const Scene& scene, const Viewport& viewport) {
  const double pixels = scene.pixels_per_unit * viewport.scale;
  return {viewport.x + world.x * pixels, viewport.y + (scene.height - world.y) * pixels};
}

void paint_scene(Canvas& canvas, const Scene& scene, const Viewport& viewport) {
  const Rectangle area = area_of(scene, viewport);
  canvas.set_clip(area);
  canvas.fill_rectangle(area, Ink{{255, 255, 255}});
  for (const SceneShape& shape : scene.shapes) paint_shape(canvas, shape, scene, viewport);
  canvas.clear_clip();
}

}  // namespace foresight
