#include "selfplay/rating.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace foresight {
namespace {

struct Team {
  double mu = 0.0;
  double variance = 0.0;
  int rank = 0;
  double strength = 0.0;         // exp(mu / c)
  double rivals_strength = 0.0;  // sum of strengths of all that are not ranked better, itself too
  double num_equal = 0.0;        // teams of its rank, itself included
};

std::vector<Team> summed_teams(std::span<const std::vector<Rating>> players,
                               std::span<const int> ranks) {
  std::vector<Team> teams;
  for (std::size_t i = 0; i < players.size(); ++i) {
    Team team{.rank = ranks[i]};
    for (const Rating& player : players[i]) {
      team.mu += player.mu;
      team.variance += player.sigma * player.sigma;
    }
    teams.push_back(team);
  }
  return teams;
}

// c, the spread of a whole game's performances; fills what depends on it.
double compare(std::span<Team> teams, double beta) {
  double variance = 0.0;
  for (const Team& team : teams) variance += team.variance + beta * beta;
  const double c = std::sqrt(variance);
  for (Team& team : teams) team.strength = std::exp(team.mu / c);
  for (Team& team : teams) {
    for (const Team& other : teams) {
      if (other.rank >= team.rank) team.rivals_strength += other.strength;
      if (other.rank == team.rank) ++team.num_equal;
    }
  }
  return c;
}

// How a team's mean moves (omega) and its variance shrinks (delta), before they are divided among
// its players.
struct Change {
  double omega = 0.0;
  double delta = 0.0;
};

Change change_of(const Team& team, std::span<const Team> teams, double c) {
  Change change;
  for (const Team& other : teams) {
    if (other.rank > team.rank) continue;
    // Probability that `team` comes next when all better than `other` are out of the game.
    const double p = team.strength / other.rivals_strength;
    change.omega += (&other == &team ? 1.0 - p : -p) / other.num_equal;
    change.delta += p * (1.0 - p) / other.num_equal;
  }
  const double gamma = std::sqrt(team.variance) / c;
  change.omega *= team.variance / c;
  change.delta *= gamma * team.variance / (c * c);
  return change;
}

}  // namespace

// openskill also means to give teams of equal rank the mean of their changes, but reads the new
// ratings for the old ones there, so that nothing happens (6.2.0, _compute, last loop). So here.
void PlackettLuce::rate(std::span<std::vector<Rating>> players, std::span<const int> ranks) const {
  FS_CHECK(players.size() >= 2 && players.size() == ranks.size(), "{} teams, {} ranks",
           players.size(), ranks.size());
  const std::vector<std::vector<Rating>> before(players.begin(), players.end());
  for (std::vector<Rating>& team : players) {
    FS_CHECK(!team.empty(), "a team without players");
    for (Rating& player : team) player.sigma = std::hypot(player.sigma, tau);
  }
  std::vector<Team> teams = summed_teams(players, ranks);
  const double c = compare(teams, beta);
  for (std::size_t i = 0; i < teams.size(); ++i) {
    const Change change = change_of(teams[i], teams, c);
    for (std::size_t k = 0; k < players[i].size(); ++k) {
      Rating& player = players[i][k];
      const double share = player.sigma * player.sigma / teams[i].variance;
      player.mu += share * change.omega;
      player.sigma *= std::sqrt(std::max(1.0 - share * change.delta, kappa));
      if (limit_sigma) player.sigma = std::min(player.sigma, before[i][k].sigma);
    }
  }
}

void PlackettLuce::rate(Rating& first, Rating& second, int outcome) const {
  std::vector<std::vector<Rating>> teams{{first}, {second}};
  const std::vector<int> ranks{outcome < 0 ? 1 : 0, outcome > 0 ? 1 : 0};
  rate(teams, ranks);
  first = teams[0][0];
  second = teams[1][0];
}

}  // namespace foresight
