// What came out of a tournament: who beat whom how often, and the ratings that follow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/statistics.h"
#include "selfplay/rating.h"

namespace foresight {

// Games as one of the two sees them.
struct Score {
  std::int64_t wins = 0;
  std::int64_t draws = 0;
  std::int64_t losses = 0;

  std::int64_t games() const { return wins + draws + losses; }
  std::int64_t decided() const { return wins + losses; }
  // A draw is no win. 0 without games.
  double win_rate() const { return games() == 0 ? 0.0 : static_cast<double>(wins) / games(); }
  double decided_win_rate() const {
    return decided() == 0 ? 0.0 : static_cast<double>(wins) / decided();
  }
  Interval win_interval() const { return wilson_interval(wins, games()); }
  void add(int outcome);  // +1 win, 0 draw, -1 loss
};

// The games of one pair; game g began as every other pair's game g.
struct PairResult {
  std::size_t first = 0;  // indices of the agents
  std::size_t second = 0;
  std::vector<int> outcomes;          // +1 the first one won, 0 draw, -1 lost; played games only
  std::vector<std::int64_t> lengths;  // steps
};

struct TournamentTable {
  std::vector<std::string> names;
  std::vector<std::vector<Score>> cross;  // [i][j] as i sees its games against j
  std::vector<Score> totals;
  std::vector<double> mean_lengths;  // steps of an agent's games
  std::vector<Rating> ratings;
  std::vector<std::size_t> ranking;  // indices of the agents, best rating first

  std::int64_t games() const;
};

// Ratings are of every pair's first game, then of every pair's second, and so on: ratings weigh
// late games more, so no agent may come last with all of its games.
TournamentTable make_table(std::vector<std::string> names, const std::vector<PairResult>& pairs);

// "96.0 % (92.3 to 98.0)".
std::string win_rate_text(const Score& score);

// The table as people read it, one agent a line, best first.
std::string table_text(const TournamentTable& table);

// RFC 4180, one line for each ordered pair, best agent first.
std::string table_csv(const TournamentTable& table);

// The contents of table.json; `setup` is JSON text that goes in as it is.
std::string table_json(const TournamentTable& table, const std::string& setup);

}  // namespace foresight
