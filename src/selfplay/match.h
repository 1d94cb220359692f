// Games between two players, or of one alone, side by side. Every game's beginning follows from its
// number, so that it is the same game whatever is played beside it.
// Axes: B places, K games that run now, O observation, A action, P players of the environment.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "env/env.h"
#include "selfplay/opponent.h"

namespace foresight {

struct GameStart {
  std::uint64_t env_seed = 0;
  std::uint64_t first_seed = 0;   // of what the first player draws in this game
  std::uint64_t second_seed = 0;  // and the second
  bool is_swapped = false;        // the first player is the environment's player 1
};

struct FinishedGame {
  std::int64_t game = 0;
  Outcome outcome = Outcome::kNone;  // as the first player sees it
  double total_reward = 0.0;         // the environment's, player 0's
  std::int64_t length = 0;           // steps
  std::int64_t num_broken =
      0;  // times that it broke (StepResult::broken) and began anew, elsewhere
};

// Sees the games as they are played. Place is below min(games, parallel).
class MatchWatcher {
 public:
  virtual ~MatchWatcher() = default;
  virtual void on_begin([[maybe_unused]] std::int64_t game) {}
  // Before the chosen actions are played.
  virtual void on_step([[maybe_unused]] std::int64_t place, [[maybe_unused]] const Env& env) {}
  // `env` is still in its last state.
  virtual void on_end([[maybe_unused]] const FinishedGame& game, [[maybe_unused]] const Env& env) {}
};

struct MatchOptions {
  Table env;  // complete section, with its id
  std::int64_t games = 1;
  std::int64_t parallel = 1;                          // at most so many side by side
  std::function<GameStart(std::int64_t game)> start;  // how game 0, 1, ... begins
  MatchWatcher* watcher = nullptr;
  std::function<bool()> should_stop;  // may be empty; asked before every step
};

// Plays all games; returns them in the order in which they ended, fewer if it was stopped. The
// players have min(games, parallel) places; `second` is null where the environment has one player.
// Error: an action that is not a finite number, with game and step.
std::vector<FinishedGame> play_match(Opponent& first, Opponent* second,
                                     const MatchOptions& options);

}  // namespace foresight
