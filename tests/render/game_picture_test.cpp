#include "render/game_picture.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "render/hockey_scene.h"

namespace foresight {
namespace {

GameView two_players() {
  GameView view;
  view.title = "game 2 of 3";
  view.left.name = "quick";
  view.right.name = "strong";
  return view;
}

Canvas picture_of(const Scene& scene, const GameView& view, double scale = 1.0) {
  const PictureSize size = picture_size(scene, scale);
  Canvas canvas(size.width, size.height);
  paint_game(canvas, scene, view, scale);
  return canvas;
}

int num_different(const Canvas& a, const Canvas& b, const Rectangle& area) {
  int count = 0;
  for (int y = static_cast<int>(area.y); y < area.y + area.height; ++y) {
    for (int x = static_cast<int>(area.x); x < area.x + area.width; ++x) {
      const SceneColor p = a.pixel(x, y);
      const SceneColor q = b.pixel(x, y);
      count += p.red != q.red || p.green != q.green || p.blue != q.blue;
    }
  }
  return count;
}

struct Areas {
  Rectangle left;   // of the header
  Rectangle right;  // of the header
  Rectangle scene;
  Rectangle footer;
};

Areas areas_of(const Canvas& canvas, const Scene& scene) {
  const Rectangle rink = area_of(scene, scene_viewport(scene, 1.0));
  const double half = canvas.width() / 2.0;
  const double bottom = rink.y + rink.height;
  return {.left = {0, 0, half, rink.y},
          .right = {half, 0, half, rink.y},
          .scene = rink,
          .footer = {0, bottom, 2 * half, canvas.height() - bottom}};
}

// 0 on white ice, up to 255 the stronger the ink.
int strength(const Canvas& canvas, const Scene& scene, ScenePoint world) {
  const ScenePoint pixel = to_pixels(world, scene, scene_viewport(scene, 1.0));
  return 255 - canvas.pixel(static_cast<int>(pixel.x), static_cast<int>(pixel.y)).blue;
}

// Straight to the right over white ice, ten points from x = 2.5 to x = 3.4.
PlanPath straight_path(double y) {
  PlanPath path;
  for (int i = 0; i < 10; ++i) path.push_back({2.5 + 0.1 * i, y});
  return path;
}

TEST(GamePicture, HasEvenSidesAtEveryScale) {
  const Scene scene = hockey_scene();
  for (const double scale : {0.5, 1.0, 1.1, 1.37, 1.6, 2.0, 3.3}) {
    const PictureSize size = picture_size(scene, scale);
    EXPECT_EQ(size.width % 2, 0) << scale;
    EXPECT_EQ(size.height % 2, 0) << scale;
    EXPECT_NEAR(size.width, 600.0 * scale, 1.0);
    EXPECT_GT(size.height, 480.0 * scale);
  }
  EXPECT_THROW(picture_size(scene, 0.0), ContractViolation);
}

TEST(GamePicture, HidesNothingOfTheScene) {
  const Scene scene = hockey_scene();
  Canvas bare(600, 480);
  paint_scene(bare, scene, {});
  GameView view = two_players();
  view.left.horizon = 5;
  view.left.planning_ms = 2.5;
  view.left.plan_value = -0.4;
  view.has_legend = true;
  view.draws = 1;
  const Canvas canvas = picture_of(scene, view);
  const int top = static_cast<int>(scene_viewport(scene, 1.0).y);
  for (int y = 0; y < 480; ++y) {
    for (int x = 0; x < 600; ++x) {
      ASSERT_EQ(bare.pixel(x, y).red, canvas.pixel(x, y + top).red) << x << ", " << y;
    }
  }
}

TEST(GamePicture, ShowsEachNameOnItsOwnSide) {
  const Scene scene = hockey_scene();
  const GameView view = two_players();
  GameView renamed = view;
  renamed.left.name = "another";
  const Canvas before = picture_of(scene, view);
  const Canvas after = picture_of(scene, renamed);
  const Areas areas = areas_of(before, scene);
  EXPECT_GT(num_different(before, after, areas.left), 50);
  EXPECT_EQ(num_different(before, after, areas.right), 0);
  EXPECT_EQ(num_different(before, after, areas.footer), 0);
}

TEST(GamePicture, MarksEachSideWithItsColour) {
  const Scene scene = hockey_scene();
  const Canvas canvas = picture_of(scene, two_players());
  const int y = 37;
  EXPECT_EQ(canvas.pixel(20, y).red, kLeftColor.red);
  EXPECT_EQ(canvas.pixel(20, y).blue, kLeftColor.blue);
  EXPECT_EQ(canvas.pixel(579, y).red, kRightColor.red);
  EXPECT_EQ(canvas.pixel(579, y).blue, kRightColor.blue);
}

TEST(GamePicture, ShowsScoreDrawsAndTitle) {
  const Scene scene = hockey_scene();
  const GameView view = two_players();
  const Canvas before = picture_of(scene, view);
  const Areas areas = areas_of(before, scene);
  GameView scored = view;
  scored.left.wins = 1;
  EXPECT_GT(num_different(before, picture_of(scene, scored), areas.left), 20);
  EXPECT_EQ(num_different(before, picture_of(scene, scored), areas.right), 0);
  GameView drawn = view;
  drawn.draws = 2;
  EXPECT_GT(num_different(before, picture_of(scene, drawn), areas.right), 20);
  GameView titled = view;
  titled.title = "";
  EXPECT_GT(num_different(before, picture_of(scene, titled), areas.left), 20);
}

TEST(GamePicture, KeepsEndlessNamesWithinTheirSide) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  const Canvas before = picture_of(scene, view);
  view.left.name = std::string(400, 'W');
  const Canvas after = picture_of(scene, view);
  const Rectangle from_the_score_on{235, 0, 365, 60};
  EXPECT_EQ(num_different(before, after, from_the_score_on), 0);
}

TEST(GamePicture, FillsTheClockBarWithTheShareOfTime) {
  Scene scene = hockey_scene();
  for (const double share : {0.0, 0.25, 1.0, 1.7}) {
    scene.clock = share * scene.time_limit;
    const Canvas canvas = picture_of(scene, two_players());
    const int y = static_cast<int>(areas_of(canvas, scene).footer.y) + 1;
    int num_dark = 0;
    for (int x = 0; x < canvas.width(); ++x) num_dark += canvas.pixel(x, y).red < 100;
    EXPECT_NEAR(num_dark, 600.0 * std::min(share, 1.0), 1.0) << share;
  }
}

TEST(GamePicture, TellsTheTimeInTheFooter) {
  Scene scene = hockey_scene();
  scene.time_limit = 0.0;  // no bar
  scene.clock = 1.0;
  const Canvas before = picture_of(scene, two_players());
  scene.clock = 4.2;
  const Canvas after = picture_of(scene, two_players());
  EXPECT_GT(num_different(before, after, areas_of(before, scene).footer), 10);
}

TEST(GamePicture, DrawsPathsWhereTheForecastIs) {
  const Scene scene = hockey_scene();
  const GameView view = two_players();
  GameView planning = view;
  planning.left.paths.mean = straight_path(2.0);
  planning.right.paths.elites = {straight_path(6.0)};
  const Canvas before = picture_of(scene, view);
  const Canvas after = picture_of(scene, planning);
  for (const ScenePoint& point : straight_path(2.0)) {
    EXPECT_EQ(strength(before, scene, point), 0);
    EXPECT_GT(strength(after, scene, point), 20) << point.x;
  }
  for (const ScenePoint& point : straight_path(6.0)) {
    EXPECT_GT(255 - strength(after, scene, point), 0);
  }
  // A corridor of 0.2 units around each path holds all that changed.
  const Areas areas = areas_of(before, scene);
  const auto corridor = [&](double y) {
    const ScenePoint corner = to_pixels({2.3, y + 0.1}, scene, scene_viewport(scene, 1.0));
    return Rectangle{corner.x, corner.y, 78.0, 12.0};
  };
  EXPECT_EQ(
      num_different(before, after, areas.scene),
      num_different(before, after, corridor(2.0)) + num_different(before, after, corridor(6.0)));
}

TEST(GamePicture, FadesAPathWithTheStep) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  view.left.paths.mean = straight_path(2.0);
  const Canvas canvas = picture_of(scene, view);
  for (double x = 2.6; x < 3.25; x += 0.1) {
    EXPECT_GT(strength(canvas, scene, {x, 2.0}), strength(canvas, scene, {x + 0.11, 2.0})) << x;
  }
}

TEST(GamePicture, DrawsTheMeanStrongestAndFadesWithTheRank) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  view.left.paths.mean = straight_path(2.0 + 0.5 / kPixels);
  for (int rank = 0; rank < 4; ++rank) {
    // Through the middle of a row of pixels.
    view.left.paths.elites.push_back(straight_path(2.5 + 0.5 * rank + 0.5 / kPixels));
  }
  const Canvas canvas = picture_of(scene, view);
  int stronger = strength(canvas, scene, {2.55, 2.0 + 0.5 / kPixels});
  for (int rank = 0; rank < 4; ++rank) {
    const int here = strength(canvas, scene, {2.55, 2.5 + 0.5 * rank + 0.5 / kPixels});
    EXPECT_GT(stronger, here) << rank;
    EXPECT_GT(here, 10) << rank;
    stronger = here;
  }
}

TEST(GamePicture, ExplainsPathsInALegendWhenAsked) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  const Canvas before = picture_of(scene, view);
  view.has_legend = true;
  const Canvas after = picture_of(scene, view);
  EXPECT_GT(num_different(before, after, areas_of(before, scene).footer), 200);
}

TEST(GamePicture, TellsWhatASidePlans) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  const Canvas idle = picture_of(scene, view);
  view.right.horizon = 5;
  const Canvas planning = picture_of(scene, view);
  view.right.planning_ms = 3.2;
  const Canvas timed = picture_of(scene, view);
  view.right.plan_value = 8.5;
  const Canvas valued = picture_of(scene, view);
  const Areas areas = areas_of(idle, scene);
  EXPECT_GT(num_different(idle, planning, areas.right), 50);
  EXPECT_GT(num_different(planning, timed, areas.right), 20);
  EXPECT_GT(num_different(timed, valued, areas.right), 20);
  EXPECT_EQ(num_different(idle, valued, areas.left), 0);
}

TEST(GamePicture, EndsAGameWithABannerOfTheWinnersColour) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  const Canvas before = picture_of(scene, view);
  view.banner = Banner{"quick wins", kLeftColor};
  const Canvas after = picture_of(scene, view);
  const Areas areas = areas_of(before, scene);
  EXPECT_GT(num_different(before, after, areas.scene), 4000);
  EXPECT_EQ(num_different(before, after, areas.footer), 0);
  int num_orange = 0;
  const int y = static_cast<int>(areas.scene.y + 0.13 * 480) + 8;  // above the letters
  for (int x = 230; x < 370; ++x) num_orange += std::abs(after.pixel(x, y).red - 235) < 4;
  EXPECT_EQ(num_orange, 140);
}

TEST(GamePicture, ShowsALonePlayerWithoutAScore) {
  const Scene scene = hockey_scene();
  GameView view = two_players();
  view.right.name = "";
  const Canvas canvas = picture_of(scene, view);
  const Rectangle upper_right{330, 0, 270, 30};
  GameView empty = view;
  empty.left.name = "";
  empty.title = "";
  EXPECT_EQ(num_different(canvas, picture_of(scene, empty), upper_right), 0);
}

}  // namespace
}  // namespace foresight
