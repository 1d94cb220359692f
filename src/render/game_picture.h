// One frame of a game: the scene, above it a scoreboard, below it the clock and a legend.
//
//   +--------------------------------------+
//   | | left name      2 : 1   right name ||   header
//   | | its plan    game 3 of 3  its plan ||
//   +--------------------------------------+
//   |                scene                 |   nothing but the game and imagined paths,
//   |                                      |   at the end a banner
//   +====================------------------+   clock as a bar
//   | -- plan  == candidates     4.2 / 5 s |   footer
//   +--------------------------------------+
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "render/plan_paths.h"
#include "render/scene_painter.h"

namespace foresight {

// The colours of player 0 and player 1, those of the hockey game's rackets.
inline constexpr SceneColor kLeftColor{235, 98, 53};
inline constexpr SceneColor kRightColor{93, 158, 199};

struct SideView {
  std::string name;  // empty: this side does not exist, and nothing of it is shown
  SceneColor color;
  std::int64_t wins = 0;
  PlanPaths paths = {};
  std::int64_t horizon = 0;                // steps planned ahead; 0: it does not plan
  std::optional<double> planning_ms = {};  // time its last plan took
  std::optional<double> plan_value = {};   // what it expects of its best plan, reward units
};

struct Banner {
  std::string text;  // "left wins"
  SceneColor color;  // of its ground
};

struct GameView {
  std::string title;  // "game 2 of 3"
  SideView left{.name = "", .color = kLeftColor};
  SideView right{.name = "", .color = kRightColor};
  std::int64_t draws = 0;
  std::optional<Banner> banner;
  bool has_legend = false;  // of imagined paths
};

struct PictureSize {
  int width = 0;   // pixels, even, as video needs it
  int height = 0;  // pixels, even
};

// scale: 1 is the size of the environment's own picture. ContractViolation unless it is in
// [0.25, 8].
PictureSize picture_size(const Scene& scene, double scale);

// Where the scene lies on a picture of that size.
Viewport scene_viewport(const Scene& scene, double scale);

// Draws over the whole canvas, which has picture_size(scene, scale).
void paint_game(Canvas& canvas, const Scene& scene, const GameView& view, double scale);

}  // namespace foresight
