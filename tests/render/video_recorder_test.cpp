// The camera lives in src/cli, where drawing and training meet; without LibTorch it is tested here.
#include "cli/video_recorder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "render/hockey_scene.h"
#include "render/test_folder.h"
#include "render/video_file.h"

namespace foresight {
namespace {

constexpr double kScale = 0.5;

// A rink in which nothing moves but the clock; the forecast is a straight way, one tenth a step,
// at the height that the first action tells.
class StagedEnv final : public Env {
 public:
  explicit StagedEnv(bool can_be_drawn = true) : can_be_drawn_(can_be_drawn) {
    spec_.id = "staged";
    spec_.action_dim = 2;
  }
  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t) override { clock_ = 0.0; }
  StepResult step(std::span<const float>) override {
    clock_ += 0.02;
    return {};
  }
  std::span<const float> observation(int) const override { return {}; }
  bool describe_scene(Scene& scene) const override {
    scene = hockey_scene();
    scene.clock = clock_;
    return can_be_drawn_;
  }
  std::vector<ScenePoint> forecast(int player, std::span<const float> actions) const override {
    std::vector<ScenePoint> path;
    for (std::size_t i = 0; i < actions.size() / 2; ++i) {
      path.push_back({2.5 + 0.1 * i, player == 0 ? actions[0] : 1.0});
    }
    return path;
  }

 private:
  bool can_be_drawn_;
  EnvSpec spec_;
  double clock_ = 0.0;
};

PlanTrace trace_at(float y) {
  PlanTrace trace;
  trace.horizon = 10;
  trace.mean_actions.assign(20, y);
  return trace;
}

SceneColor color_at(const Canvas& canvas, const Scene& scene, ScenePoint world) {
  const ScenePoint pixel = to_pixels(world, scene, scene_viewport(scene, kScale));
  return canvas.pixel(static_cast<int>(pixel.x), static_cast<int>(pixel.y));
}

TEST(VideoRecorder, FilmsEveryStepAndHoldsTheEnd) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  VideoRecorder recorder({.video = path, .still = {}, .scale = kScale});
  StagedEnv env;
  for (int game = 0; game < 2; ++game) {
    recorder.begin_game({"game", "quick", "weak"});
    for (int step = 0; step < 5 + game; ++step) recorder.frame(env, nullptr, 0.0);
    recorder.end_game(Outcome::kWin);
  }
  recorder.finish();
  EXPECT_EQ(probe(path).num_frames, 5 + 6 + 2 * 30);  // 0.6 s at 50 a second
}

TEST(VideoRecorder, KeepsTheScoreAsLongAsTheSameTwoPlay) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  VideoRecorder recorder({.video = path, .still = {}, .scale = kScale});
  StagedEnv env;
  // Begins at frames 0, 31, 62 and 93.
  const Outcome outcomes[] = {Outcome::kWin, Outcome::kLoss, Outcome::kNone, Outcome::kNone};
  const char* opponents[] = {"weak", "weak", "weak", "strong"};
  for (int game = 0; game < 4; ++game) {
    recorder.begin_game({"game", "quick", opponents[game]});
    recorder.frame(env, nullptr, 0.0);
    recorder.end_game(outcomes[game]);
  }
  recorder.finish();

  Scene scene = hockey_scene();
  const auto expect_score = [&](int frame, const std::string& opponent, int left, int right) {
    const Canvas seen = frame_of(path, frame, folder.path() / "frame.png");
    GameView view;
    view.title = "game";
    view.left.name = "quick";
    view.left.wins = left;
    view.right.name = opponent;
    view.right.wins = right;
    Canvas expected(seen.width(), seen.height());
    paint_game(expected, scene, view, kScale);
    const Rectangle score{120.0, 0.0, 60.0, 24.0};
    EXPECT_LT(distance(seen, expected, score), 4.0) << frame;
    view.left.wins += 1;
    Canvas other(seen.width(), seen.height());
    paint_game(other, scene, view, kScale);
    EXPECT_GT(distance(seen, other, score), 6.0) << frame;
  };
  expect_score(0, "weak", 0, 0);
  expect_score(31, "weak", 1, 0);
  expect_score(62, "weak", 1, 1);
  expect_score(93, "strong", 0, 0);
}

TEST(VideoRecorder, DrawsThePlanOfItsStep) {
  const TestFolder folder;
  const auto path = folder.path() / "still.png";
  VideoRecorder recorder({.video = {}, .still = path, .still_step = 1, .scale = kScale});
  StagedEnv env;
  recorder.begin_game({"game", "quick", "weak"});
  recorder.frame(env, nullptr, 0.0);
  EXPECT_FALSE(std::filesystem::exists(path));
  const PlanTrace trace = trace_at(2.0f);
  recorder.frame(env, &trace, 3.0);
  const Canvas still = Canvas::read_png(path);
  const Scene scene = hockey_scene();
  EXPECT_LT(color_at(still, scene, {2.7, 2.0}).blue, 200);
  // Ten steps: from x = 2.5 to x = 3.4, where a dot ends it.
  EXPECT_LT(color_at(still, scene, {3.4, 2.0}).blue, 200);
  EXPECT_EQ(color_at(still, scene, {3.55, 2.0}).blue, 255);
}

TEST(VideoRecorder, DrawsTheBestEightCandidates) {
  const TestFolder folder;
  const auto path = folder.path() / "still.png";
  VideoRecorder recorder({.video = {}, .still = path, .scale = kScale});
  StagedEnv env;
  PlanTrace trace = trace_at(1.5f);
  for (int rank = 0; rank < 10; ++rank) {
    trace.elite_actions.push_back(trace_at(1.8f + 0.2f * static_cast<float>(rank)).mean_actions);
  }
  recorder.begin_game({"game", "quick", "weak"});
  recorder.frame(env, &trace, 3.0);
  const Canvas still = Canvas::read_png(path);
  const Scene scene = hockey_scene();
  for (int rank = 0; rank < 10; ++rank) {
    const ScenePoint place{2.6, 1.8 + 0.2 * rank};
    EXPECT_EQ(color_at(still, scene, place).blue < 255, rank < 8) << rank;
  }
}

TEST(VideoRecorder, DrawsNoPathsWhenTheyAreNotWanted) {
  const TestFolder folder;
  const auto path = folder.path() / "still.png";
  VideoRecorder recorder({.video = {}, .still = path, .draw_paths = false, .scale = kScale});
  StagedEnv env;
  const PlanTrace trace = trace_at(2.0f);
  recorder.begin_game({"game", "quick", "weak"});
  recorder.frame(env, &trace, 3.0);
  EXPECT_EQ(color_at(Canvas::read_png(path), hockey_scene(), {2.7, 2.0}).blue, 255);
}

TEST(VideoRecorder, TakesTheEndOfAGameThatIsShorterThanTheStillsStep) {
  const TestFolder folder;
  const auto path = folder.path() / "still.png";
  VideoRecorder recorder({.video = {}, .still = path, .still_step = 90, .scale = kScale});
  StagedEnv env;
  recorder.begin_game({"game", "quick", "weak"});
  recorder.frame(env, nullptr, 0.0);
  recorder.end_game(Outcome::kLoss);
  // The banner in the winner's colour.
  const Canvas still = Canvas::read_png(path);
  EXPECT_NEAR(color_at(still, hockey_scene(), {5.0, 6.9}).blue, kRightColor.blue, 10);
}

TEST(VideoRecorder, SaysThatAnEnvironmentCannotBeDrawn) {
  VideoRecorder recorder({.video = {}, .still = {}});
  recorder.begin_game({"game", "quick", "weak"});
  EXPECT_THROW(recorder.frame(StagedEnv(false), nullptr, 0.0), Error);
  EXPECT_THROW(recorder.finish(), Error);
}

TEST(VideoRecorder, IsWhatEvalUsesForMp4Files) {
  const TestFolder folder;
  const auto path = folder.path() / "film.mp4";
  const auto recorder = RecorderRegistry::instance().find("mp4", "recorder")(path);
  StagedEnv env;
  recorder->begin_game({"game", "quick", ""});
  recorder->frame(env, nullptr, 0.0);
  recorder->end_game(Outcome::kNone);
  recorder->finish();
  EXPECT_EQ(probe(path).num_frames, 31);
}

}  // namespace
}  // namespace foresight
