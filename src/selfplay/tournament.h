// Everyone against everyone, on all cores. Chunks of a pair's games are played side by side by one
// thread each, so that what comes out depends on the setup alone. Both agents of a pair play half
// of the games on either side, and begin half of those (GameStart of game g, below).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "selfplay/match.h"
#include "selfplay/tournament_log.h"

namespace foresight {

struct TournamentProgress {
  std::int64_t games = 0;        // finished, those of earlier runs included
  std::int64_t played_here = 0;  // finished by this run
  std::int64_t total_games = 0;
  double elapsed_s = 0.0;  // of this run
  double games_per_s() const {
    return elapsed_s > 0.0 ? static_cast<double>(played_here) / elapsed_s : 0.0;
  }
  double left_s() const;  // estimated; negative: unknown
};

struct TournamentRun {
  std::int64_t num_threads = 1;
  std::function<void(const TournamentProgress&)>
      on_progress;                    // may be empty; often, and at the end
  std::function<bool()> should_stop;  // may be empty; any thread
};

// Four games in a row begin alike, each of the two once on each side and once with the puck: game
// 4k and 4k + 1 swap the players of one seed, 4k + 2 and 4k + 3 those of the next, in which the
// other side begins (environments that alternate do so by the parity of the seed). All pairs share
// these beginnings.
GameStart tournament_start(std::uint64_t seed, std::int64_t game);

// Builds every agent once. Error: what is wrong with one of them (another environment, no such
// model), or with the setup (fewer than two, one named twice, an odd number of games).
void check_setup(const TournamentSetup& setup);

// Plays what `log` does not hold yet; returns whether everything is played. The compute library
// must have been told to use one thread (set_compute_threads). Error: what a game threw.
bool play_tournament(const TournamentSetup& setup, TournamentLog& log, const TournamentRun& run);

}  // namespace foresight
