// The game itself before the camera.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "cli/video_recorder.h"
#include "env/hockey/hockey_env.h"
#include "render/hockey_scene.h"
#include "render/reset_picture.h"
#include "render/scene_painter.h"
#include "render/test_folder.h"
#include "render/video_file.h"

namespace foresight {
namespace {

HockeyEnv game_of_seed_1() {
  HockeyEnvConfig config;
  config.start = "left";
  HockeyEnv env(config);
  env.reset(1);
  return env;
}

TEST(HockeyPicture, LooksLikeTheOriginalsAfterResetWithSeed1) {
  const HockeyEnv env = game_of_seed_1();
  Scene scene;
  ASSERT_TRUE(env.describe_scene(scene));
  Canvas ours(600, 480);
  paint_scene(ours, scene, {});
  expect_equal_away_from_edges(reset_picture(), ours);
}

TEST(HockeyPicture, FilmsAWholeGameWithPlans) {
  const TestFolder folder;
  HockeyEnv env = game_of_seed_1();
  VideoRecorder recorder({.video = folder.path() / "game.mp4",
                          .still = folder.path() / "game.png",
                          .still_step = 20,
                          .scale = 0.5});
  recorder.begin_game({"game 1 of 1", "waver", "sleeper"});
  int num_steps = 0;
  StepResult result;
  Scene scene;
  ScenePoint planned{};
  while (!result.over()) {
    // Up and down, one plan of twelve steps after the other.
    PlanTrace trace{.horizon = 12, .mean_actions = {}, .elite_actions = {}, .elite_values = {0.5f}};
    for (int i = 0; i < 12; ++i) {
      const auto up = static_cast<float>(std::sin(0.1 * (num_steps + i)));
      trace.mean_actions.insert(trace.mean_actions.end(), {0.0f, up, 0.0f, 0.0f});
    }
    trace.elite_actions.push_back(trace.mean_actions);
    if (num_steps == 20) planned = env.forecast(0, trace.mean_actions).back();
    recorder.frame(env, &trace, 1.0);
    std::vector<float> actions(trace.mean_actions.begin(), trace.mean_actions.begin() + 4);
    actions.resize(8, 0.0f);
    result = env.step(actions);
    ++num_steps;
  }
  recorder.frame(env, nullptr, 0.0);
  recorder.end_game(result.outcome);
  recorder.finish();
  EXPECT_EQ(probe(folder.path() / "game.mp4").num_frames, num_steps + 1 + 30);

  // The dot at the end of the plan lies on what was white ice.
  ASSERT_TRUE(env.describe_scene(scene));
  const Canvas still = Canvas::read_png(folder.path() / "game.png");
  const ScenePoint pixel = to_pixels(planned, scene, scene_viewport(scene, 0.5));
  const SceneColor color = still.pixel(static_cast<int>(pixel.x), static_cast<int>(pixel.y));
  EXPECT_LT(color.blue, 160);
  EXPECT_GT(color.red, color.blue + 40);
}

}  // namespace
}  // namespace foresight
