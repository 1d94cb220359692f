// Somebody who watches games and keeps what they see (a video). The training loop and the evaluator
// know only this: drawing lies in src/render, and cli brings the two together.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "agent/agent.h"
#include "base/registry.h"
#include "env/env.h"

namespace foresight {

struct GameTitle {
  std::string title;  // "game 3 of 10"
  std::string left;   // names of player 0 and player 1; `right` is empty with one player
  std::string right;
};

class GameRecorder {
 public:
  virtual ~GameRecorder() = default;
  virtual void begin_game(const GameTitle& title) = 0;
  // Once before every step, when player 0 has chosen, and once after the last. `trace`: what it has
  // planned from this very moment, in `planning_ms`; null and 0 after the last step, null without
  // a planner.
  virtual void frame(const Env& env, const PlanTrace* trace, double planning_ms) = 0;
  virtual void end_game(Outcome outcome) = 0;
  // Completes the file; nothing may follow. An Error says why it could not be written.
  virtual void finish() = 0;
};

// Makers by the ending of the file they write ("mp4").
using RecorderRegistry =
    Registry<std::function<std::unique_ptr<GameRecorder>(const std::filesystem::path& file)>>;

}  // namespace foresight
