// Running win rates against named opponents: a win counts 1, a draw 1/2, and games fade as newer
// ones come. Source of the fading counts: Vinyals et al., "Grandmaster level in StarCraft II",
// Nature 2019, supplementary pseudocode, Payoff. Beyond it, every rate begins with one imagined win
// and one imagined loss: a single game would else give 0 or 1, and an opponent weighted by
// p (1 - p) would never be met again.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace foresight {

class WinRates {
 public:
  // A game weighs (1 - 1 / num_games)^k when k newer ones were played. num_games >= 1.
  explicit WinRates(double num_games);

  // score: 1 a win, 0.5 a draw, 0 a loss.
  void note(const std::string& opponent, double score);
  void forget(const std::string& opponent) { records_.erase(opponent); }

  // (1 + faded scores) / (2 + faded games), in (0, 1); 0.5 for an opponent never met.
  double rate(const std::string& opponent) const;

  struct Record {
    double score = 0.0;  // faded sum
    double games = 0.0;  // faded count
    bool operator==(const Record&) const = default;
  };
  using State = std::map<std::string, Record>;
  const State& state() const { return records_; }
  void set_state(State state) { records_ = std::move(state); }

 private:
  double decay_;
  State records_;
};

}  // namespace foresight
