#include "cli/video_recorder.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kFramesPerSecond = 50;  // the hockey game's steps a second
constexpr int kHeldFrames = 30;       // the end of a game stays 0.6 s
constexpr std::size_t kShownElites = 8;
constexpr SceneColor kDrawColor{84, 90, 102};

PlanPaths imagine(const Env& env, const PlanTrace& trace) {
  PlanPaths paths{.mean = env.forecast(0, trace.mean_actions), .elites = {}};
  const std::size_t num_shown = std::min(kShownElites, trace.elite_actions.size());
  for (std::size_t i = 0; i < num_shown; ++i) {
    paths.elites.push_back(env.forecast(0, trace.elite_actions[i]));
  }
  return paths;
}

Banner banner_of(Outcome outcome, const GameView& view) {
  if (view.right.name.empty()) return {"the end", kDrawColor};
  switch (outcome) {
    case Outcome::kWin:
      return {view.left.name + " wins", view.left.color};
    case Outcome::kLoss:
      return {view.right.name + " wins", view.right.color};
    case Outcome::kNone:
      break;
  }
  return {"draw", kDrawColor};
}

// `eval --video`: everything as it comes.
std::unique_ptr<GameRecorder> record_video(const std::filesystem::path& file) {
  return std::make_unique<VideoRecorder>(RecorderOptions{.video = file, .still = {}});
}

}  // namespace

VideoRecorder::VideoRecorder(const RecorderOptions& options) : options_(options) {}

void VideoRecorder::begin_game(const GameTitle& title) {
  const bool is_rematch = title.left == view_.left.name && title.right == view_.right.name;
  if (!is_rematch) view_ = GameView{};
  view_.left.name = title.left;
  view_.right.name = title.right;
  view_.title = title.title;
  view_.banner.reset();
  view_.has_legend = false;
  view_.left.horizon = 0;
  view_.left.planning_ms.reset();
  view_.left.plan_value.reset();
  ++num_games_;
  step_ = 0;
}

void VideoRecorder::frame(const Env& env, const PlanTrace* trace, double planning_ms) {
  FS_CHECK(num_games_ > 0, "a frame before the first game");
  if (!env.describe_scene(scene_)) {
    fail("the environment \"{}\" cannot be drawn, so there is nothing to film", env.spec().id);
  }
  view_.left.paths = {};
  if (trace != nullptr) show_plan(env, *trace, planning_ms);
  paint();
  show();
  const bool is_still = num_games_ == 1 && step_ == options_.still_step;
  if (is_still) write_still();
  ++step_;
}

void VideoRecorder::end_game(Outcome outcome) {
  FS_CHECK(canvas_.has_value(), "a game ended that had no frame");
  count(outcome);
  view_.banner = banner_of(outcome, view_);
  paint();
  for (int i = 0; i < kHeldFrames; ++i) show();
  if (!has_still_) write_still();
}

void VideoRecorder::finish() {
  if (!canvas_) fail("no game was played, so there is nothing to film");
  if (video_) video_->finish();
}

void VideoRecorder::show_plan(const Env& env, const PlanTrace& trace, double planning_ms) {
  view_.left.horizon = trace.horizon;
  view_.left.planning_ms = planning_ms;
  if (!trace.elite_values.empty()) view_.left.plan_value = trace.elite_values.front();
  if (!options_.draw_paths) return;
  view_.left.paths = imagine(env, trace);
  view_.has_legend = true;
}

void VideoRecorder::count(Outcome outcome) {
  if (outcome == Outcome::kWin) ++view_.left.wins;
  if (outcome == Outcome::kLoss) ++view_.right.wins;
  if (outcome == Outcome::kNone) ++view_.draws;
}

void VideoRecorder::paint() {
  const PictureSize size = picture_size(scene_, options_.scale);
  if (!canvas_) canvas_.emplace(size.width, size.height);
  FS_CHECK(canvas_->width() == size.width && canvas_->height() == size.height,
           "the scene changed its size within a film");
  paint_game(*canvas_, scene_, view_, options_.scale);
}

void VideoRecorder::show() {
  if (options_.video.empty()) return;
  if (!video_) {
    video_ = std::make_unique<VideoWriter>(
        options_.video, VideoFormat{canvas_->width(), canvas_->height(), kFramesPerSecond});
  }
  video_->write(canvas_->bgra());
}

void VideoRecorder::write_still() {
  has_still_ = true;
  if (!options_.still.empty()) canvas_->write_png(options_.still);
}

namespace {
[[maybe_unused]] const bool registered = RecorderRegistry::instance().add("mp4", record_video);
}  // namespace

}  // namespace foresight
