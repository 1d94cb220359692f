// A tournament as one HTML page that needs nothing else: rating bars and a heat map of win rates.
#pragma once

#include <string>

#include "selfplay/tournament_table.h"

namespace foresight {

struct TournamentPageText {
  std::string title;  // plain text, as all of these
  std::string about;  // what was played
};

std::string tournament_page(const TournamentTable& table, const TournamentPageText& text);

}  // namespace foresight
