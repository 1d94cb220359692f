#include "render/scene_painter.h"

#include <gtest/gtest.h>

#include <tuple>

#include "render/hockey_scene.h"
#include "render/reset_picture.h"

namespace foresight {
namespace {

Canvas our_picture() {
  Canvas canvas(600, 480);
  paint_scene(canvas, hockey_scene(), {});
  return canvas;
}

TEST(ScenePainter, HasTheOriginalsColoursAtChosenPoints) {
  const Canvas original = reset_picture();
  const Canvas ours = our_picture();
  ASSERT_EQ(original.width(), 600);
  ASSERT_EQ(original.height(), 480);
  struct Place {
    const char* name;
    int x;
    int y;
    SceneColor color;
  };
  const Place places[] = {{"outside", 5, 5, {255, 255, 255}},
                          {"ice", 150, 100, {255, 255, 255}},
                          {"upper wall", 300, 30, {0, 0, 0}},
                          {"lower wall", 300, 449, {0, 0, 0}},
                          {"left wall", 55, 100, {0, 0, 0}},
                          {"right wall", 545, 400, {0, 0, 0}},
                          {"left goal", 20, 240, {239, 203, 138}},
                          {"right goal", 580, 240, {239, 203, 138}},
                          {"goal line", 75, 240, {255, 255, 255}},
                          {"centre", 300, 240, {204, 204, 204}},
                          {"left racket", 118, 240, {235, 98, 53}},
                          {"right racket", 482, 240, {93, 158, 199}},
                          {"puck", 209, 186, {0, 0, 0}}};
  for (const Place& place : places) {
    EXPECT_EQ(rgb(ours, place.x, place.y), rgb(place.color)) << place.name;
    EXPECT_EQ(rgb(original, place.x, place.y), rgb(ours, place.x, place.y)) << place.name;
  }
}

TEST(ScenePainter, DiffersFromTheOriginalOnlyNearEdges) {
  expect_equal_away_from_edges(reset_picture(), our_picture());
}

TEST(ScenePainter, PutsLargeYAtTheTop) {
  Scene scene{.width = 2.0, .height = 4.0, .pixels_per_unit = 10.0, .shapes = {}};
  scene.shapes.push_back({.points = {{0.5, 3.5}}, .radius = 0.3, .color = {1, 2, 3}});
  Canvas canvas(20, 40);
  paint_scene(canvas, scene, {});
  EXPECT_EQ(rgb(canvas, 5, 5), std::tuple(1, 2, 3));
  EXPECT_EQ(rgb(canvas, 5, 35), std::tuple(255, 255, 255));
}

TEST(ScenePainter, DrawsTheSamePictureAtAnyScale) {
  const Canvas small = our_picture();
  for (const double scale : {0.5, 1.6, 2.0}) {
    Canvas canvas(static_cast<int>(600 * scale), static_cast<int>(480 * scale));
    paint_scene(canvas, hockey_scene(), {.scale = scale});
    for (int y = 10; y < 470; y += 4) {
      for (int x = 10; x < 590; x += 4) {
        if (!is_flat(small, x, y, 4)) continue;
        const auto u = static_cast<int>((x + 0.5) * scale);
        const auto v = static_cast<int>((y + 0.5) * scale);
        ASSERT_EQ(rgb(canvas, u, v), rgb(small, x, y)) << x << ", " << y << " at " << scale;
      }
    }
  }
}

TEST(ScenePainter, CutsShapesOffAtItsBorder) {
  Scene scene{.width = 2.0, .height = 2.0, .pixels_per_unit = 10.0, .shapes = {}};
  scene.shapes.push_back({.points = {{1.0, 1.0}}, .radius = 5.0, .color = {0, 0, 0}});
  Canvas canvas(60, 60);
  paint_scene(canvas, scene, {.x = 20.0, .y = 20.0});
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 60; ++x) {
      const bool is_inside = x >= 20 && x < 40 && y >= 20 && y < 40;
      ASSERT_EQ(canvas.pixel(x, y).red, is_inside ? 0 : 255) << x << ", " << y;
    }
  }
}

TEST(ScenePainter, OutlinesPolygonsHalfOutside) {
  Scene scene{.width = 4.0, .height = 4.0, .pixels_per_unit = 10.0, .shapes = {}};
  SceneShape square{.points = {{1, 1}, {3, 1}, {3, 3}, {1, 3}}, .color = {0, 0, 0}};
  square.outline_pixels = 4.0;
  scene.shapes.push_back(square);
  Canvas canvas(40, 40);
  paint_scene(canvas, scene, {});
  EXPECT_EQ(canvas.pixel(8, 20).red, 0);
  EXPECT_EQ(canvas.pixel(7, 20).red, 255);
  EXPECT_EQ(canvas.pixel(31, 20).red, 0);
  EXPECT_EQ(canvas.pixel(32, 20).red, 255);
}

}  // namespace
}  // namespace foresight
