// Ratings by the Plackett-Luce model: every player is a Gaussian N(mu, sigma^2), a game moves those
// who played by how much its ranking surprised.
// Source: Weng and Lin, "A Bayesian approximation method for online ranking", JMLR 12 (2011),
// algorithm 4, as the Python package openskill 6.2.0 computes it (PlackettLuce.rate).
#pragma once

#include <span>
#include <vector>

namespace foresight {

struct Rating {
  double mu = 25.0;
  double sigma = 25.0 / 3.0;
  // What tables show: the player is better than this with 99.9 % certainty. 0 before any game.
  double ordinal() const { return mu - 3.0 * sigma; }
  bool operator==(const Rating&) const = default;
};

struct PlackettLuce {
  double beta = 25.0 / 6.0;   // how far luck spreads a performance around the skill
  double kappa = 1e-4;        // the least share of its variance that a game leaves
  double tau = 25.0 / 300.0;  // uncertainty added before every game: skills drift
  bool limit_sigma = false;   // a game never raises sigma

  // Rates one game. teams: at least two, each with at least one player; ranks: one a team, lower is
  // better, equal ranks are a draw.
  void rate(std::span<std::vector<Rating>> teams, std::span<const int> ranks) const;
  // The same for two players: +1 `first` won, 0 a draw, -1 `second` won.
  void rate(Rating& first, Rating& second, int outcome) const;
};

}  // namespace foresight
