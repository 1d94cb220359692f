// Films games: every step becomes a frame of an mp4, one chosen moment a PNG. The camera of `watch`
// and `eval --video`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "render/game_picture.h"
#include "render/video_writer.h"
#include "train/game_recorder.h"

namespace foresight {

struct RecorderOptions {
  std::filesystem::path video;  // .mp4; empty: none
  std::filesystem::path still;  // .png; empty: none
  std::int64_t still_step = 0;  // of the first game; its last moment if it ends earlier
  bool draw_paths = true;       // the planners' imagined ways
  double scale = 1.6;           // 1: the size of the environment's own picture
};

class VideoRecorder : public GameRecorder {
 public:
  explicit VideoRecorder(const RecorderOptions& options);

  void begin_game(const GameTitle& title) override;
  // Error if the environment cannot be drawn, or as VideoWriter.
  void frame(const Env& env, const PlanTrace* trace, double planning_ms) override;
  void end_game(Outcome outcome) override;
  // Without it no video is left. Error also if no frame was filmed.
  void finish() override;

 private:
  void show_plan(const Env& env, const PlanTrace& trace, double planning_ms);
  void count(Outcome outcome);
  void paint();
  void show();
  void write_still();

  RecorderOptions options_;
  Scene scene_;    // of the last frame
  GameView view_;  // its score is counted as long as the same two play
  std::optional<Canvas> canvas_;
  std::unique_ptr<VideoWriter> video_;
  std::int64_t num_games_ = 0;
  std::int64_t step_ = 0;  // of this game
  bool has_still_ = false;
};

}  // namespace foresight
