// The table of a league: every rated game, in a file that only grows, and the ratings that follow
// from them. A killed server loses no finished game: the table is made anew from the file.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/append_file.h"
#include "net/tcp.h"

namespace foresight {

struct LeagueRating {
  double mu = 25.0;
  double sigma = 25.0 / 3.0;
  double shown() const { return mu - 3.0 * sigma; }
};

// Moves both ratings by one game: +1 the first won, 0 a draw, -1 the second won.
using RateGame = std::function<void(LeagueRating& first, LeagueRating& second, int outcome)>;

struct LeagueResult {
  std::string game;  // its name, for people
  std::string time;  // UTC, "2026-11-21T18:10:00Z"
  std::string left;
  std::string right;
  std::int64_t left_score = 0;  // rounds won
  std::int64_t right_score = 0;
  std::int64_t steps = 0;  // of all rounds

  int outcome() const { return (left_score > right_score) - (left_score < right_score); }
};

struct LeagueStanding {
  std::string name;
  LeagueRating rating;
  std::int64_t wins = 0;
  std::int64_t draws = 0;
  std::int64_t losses = 0;
  std::int64_t rounds_won = 0;
  std::int64_t rounds_lost = 0;

  std::int64_t games() const { return wins + draws + losses; }
};

class LeagueTable {
 public:
  // folder: holds games.jsonl, made if missing; empty: nothing is kept. Error: another server uses
  // the folder; a line of the file is no result, with its number.
  LeagueTable(std::filesystem::path folder, RateGame rate);

  // Whoever has not played stands in the table too.
  void enter(const std::string& name);
  // Writes the result to the disk, then counts it. Error: it cannot be written.
  void add(const LeagueResult& result);

  std::vector<LeagueStanding> standings() const;  // best first
  std::int64_t num_games() const { return num_games_; }
  std::int64_t games_between(const std::string& a, const std::string& b) const;
  const std::deque<LeagueResult>& latest() const { return latest_; }  // newest first

 private:
  void count(const LeagueResult& result);

  std::filesystem::path folder_;
  RateGame rate_;
  Descriptor lock_;
  std::unique_ptr<AppendFile> file_;
  std::map<std::string, LeagueStanding> standings_;
  std::map<std::pair<std::string, std::string>, std::int64_t> meetings_;  // names in order
  std::deque<LeagueResult> latest_;
  std::int64_t num_games_ = 0;
};

// Now, in UTC, as results note it.
std::string utc_text();

}  // namespace foresight
