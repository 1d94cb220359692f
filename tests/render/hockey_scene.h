// The hockey game's picture after reset(seed=1, one_starting=True), put together by hand from the
// original's list of shapes (martius-lab/hockey-env@59dbc68, hockey/hockey_env.py, HockeyEnv), so
// that drawing is tested without the game.
#pragma once

#include <initializer_list>

#include "env/scene.h"

namespace foresight {

inline constexpr double kPixels = 60.0;  // a world unit
inline constexpr SceneColor kWallColor{0, 0, 0};
inline constexpr SceneColor kGoalColor{239, 203, 138};
inline constexpr SceneColor kCentreColor{204, 204, 204};
inline constexpr SceneColor kLeftRacketColor{235, 98, 53};
inline constexpr SceneColor kRightRacketColor{93, 158, 199};

// A polygon with corners in pixels around `origin` in world units, `flip` of them -1 or 1.
inline SceneShape polygon_at(ScenePoint origin, std::initializer_list<ScenePoint> pixels,
                             SceneColor color, ScenePoint flip = {1.0, 1.0}) {
  SceneShape shape{.points = {}, .radius = 0.0, .color = color};
  for (const ScenePoint& corner : pixels) {
    shape.points.push_back(
        {origin.x + flip.x * corner.x / kPixels, origin.y + flip.y * corner.y / kPixels});
  }
  return shape;
}

inline SceneShape circle_at(ScenePoint centre, double pixels, SceneColor color) {
  return {.points = {centre}, .radius = pixels / kPixels, .color = color};
}

inline void add_rink(Scene& scene) {
  const double goal_x = 250.0 / kPixels;
  scene.shapes.push_back(circle_at({5.0, 4.0}, 100.0, kCentreColor));
  for (const double side : {-1.0, 1.0}) {
    scene.shapes.push_back(circle_at({5.0 + side * goal_x, 4.0}, 75.0, kGoalColor));
    scene.shapes.push_back(polygon_at({5.0 + side * 240.0 / kPixels, 4.0},
                                      {{0, 100}, {100, 100}, {100, -100}, {0, -100}},
                                      {255, 255, 255}, {-side, 1.0}));
  }
  for (const double y : {7.5, 0.5}) {
    scene.shapes.push_back(
        polygon_at({5.0, y}, {{-250, 10}, {-250, -10}, {250, -10}, {250, 10}}, kWallColor));
  }
  for (const double side : {-1.0, 1.0}) {
    for (const double up : {-1.0, 1.0}) {
      scene.shapes.push_back(polygon_at({5.0 + side * 245.0 / kPixels, up > 0 ? 0.5 : 7.5},
                                        {{-10, 135}, {10, 128}, {10, -5}, {-10, -5}}, kWallColor,
                                        {-side, up}));
    }
  }
}

inline SceneShape racket_at(ScenePoint origin, SceneColor color, double side) {
  return polygon_at(
      origin, {{-12, 24}, {6, 24}, {6, -24}, {-12, -24}, {-21.6, -12}, {-25.2, 0}, {-21.6, 12}},
      color, {side, 1.0});
}

inline constexpr ScenePoint kSeed1Puck{3.48817837, 4.90092739};

// Only the puck's place is a choice.
inline Scene hockey_scene(ScenePoint puck = kSeed1Puck) {
  Scene scene{.width = 10.0,
              .height = 8.0,
              .pixels_per_unit = kPixels,
              .shapes = {},
              .clock = 0.0,
              .time_limit = 5.0};
  add_rink(scene);
  scene.shapes.push_back(racket_at({2.0, 4.0}, kLeftRacketColor, 1.0));
  scene.shapes.push_back(racket_at({8.0, 4.0}, kRightRacketColor, -1.0));
  scene.shapes.push_back(circle_at(puck, 13.0, {0, 0, 0}));
  return scene;
}

}  // namespace foresight
