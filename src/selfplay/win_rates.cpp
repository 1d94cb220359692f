#include "selfplay/win_rates.h"

#include "base/error.h"

namespace foresight {

WinRates::WinRates(double num_games) : decay_(1.0 - 1.0 / num_games) {
  FS_CHECK(num_games >= 1.0, "win rates over {} games", num_games);
}

void WinRates::note(const std::string& opponent, double score) {
  FS_CHECK(score >= 0.0 && score <= 1.0, "a score of {}", score);
  Record& record = records_[opponent];
  record.score = decay_ * record.score + score;
  record.games = decay_ * record.games + 1.0;
}

double WinRates::rate(const std::string& opponent) const {
  const auto found = records_.find(opponent);
  if (found == records_.end()) return 0.5;
  return (1.0 + found->second.score) / (2.0 + found->second.games);
}

}  // namespace foresight
