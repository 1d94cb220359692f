// Plays games with a fixed agent and counts. Game i begins alike whoever plays (same environment
// and opponent seeds), so that two agents, or planner and policy, meet the same starts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agent/agent.h"
#include "base/statistics.h"
#include "config/table.h"
#include "train/game_recorder.h"

namespace foresight {

struct EvalOptions {
  Table env;             // complete section, with its id
  std::string opponent;  // as make_opponent takes it; empty with one player
  std::int64_t games = 20;
  std::int64_t parallel = 20;  // at most so many side by side
  std::uint64_t seed = 1;
  bool use_planner = true;
  std::string agent_name = "agent";   // for titles
  GameRecorder* recorder = nullptr;   // needs parallel == 1
  std::function<bool()> should_stop;  // may be empty; asked before every step
};

struct EvalResult {
  std::int64_t games = 0;  // finished; fewer than asked for if it was stopped
  std::int64_t wins = 0;
  std::int64_t draws = 0;
  std::int64_t losses = 0;
  bool has_success = false;  // one player: wins are the episodes that reached their goal
  std::int64_t lost = 0;     // episodes that broke with their environment and were played again
  double mean_return = 0.0;
  double return_std = 0.0;
  double mean_length = 0.0;  // steps
  // Time of one call that plans for all games side by side, and that divided by the games.
  double act_ms_p50 = 0.0;
  double act_ms_p99 = 0.0;
  double act_ms_per_game_p50 = 0.0;
  double act_ms_per_game_p99 = 0.0;

  double win_rate() const { return games == 0 ? 0.0 : static_cast<double>(wins) / games; }
  Interval win_interval() const { return wilson_interval(wins, games); }
};

EvalResult evaluate(Agent& agent, const EvalOptions& options);

// "weak: 47 of 50 won (94.0 %, 95 % interval 83.8 to 97.9), 2 drawn, 1 lost, ...", or with one
// player mean and deviation of the returns.
std::string describe(const EvalResult& result, const std::string& opponent);

}  // namespace foresight
