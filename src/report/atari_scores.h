// Atari scores on the scales of the papers: 0 is random play, 1 a professional gamer or the human
// world record. Sources: Mnih et al. 2015 (gamer), Toromanoff et al. 2019 (record); which
// aggregates, Hafner et al. 2021, section 3.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace foresight {

struct AtariReference {
  double random = 0.0;
  double gamer = 0.0;
  double record = 0.0;
};

// Game to score, raw.
using AtariScores = std::map<std::string, double>;

struct AtariTable {
  std::map<std::string, AtariReference> references;  // by game
  std::vector<std::string> agents;                   // in the file's order
  std::map<std::string, AtariScores> scores;         // by agent
};

// A file with a line `game,random,human,record,<agent>,...` and one line a game behind it; lines
// that begin with # are comments. Error: the line and what is wrong with it.
AtariTable read_atari_table(const std::filesystem::path& path);

struct AtariAggregate {
  std::int64_t num_games = 0;
  double gamer_median = 0.0;
  double gamer_mean = 0.0;
  double record_mean = 0.0;
  double clipped_record_mean = 0.0;  // no game counts for more than the record
};
// Error: a game without reference, no game at all.
AtariAggregate aggregate(const AtariTable& table, const AtariScores& scores);

}  // namespace foresight
