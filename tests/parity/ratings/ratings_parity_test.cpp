// Ratings against recordings of the Python package openskill (python/record_ratings.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "selfplay/rating.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// The package works in doubles as we do; sums in another order differ in the last digits.
constexpr double kTolerance = 1e-9;

Json recording(const std::string& name) {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  const fs::path fixtures = folder == nullptr ? FORESIGHT_SOURCE_DIR "/tests/fixtures" : folder;
  std::ifstream in(fixtures / "ratings" / (name + ".json"));
  return Json::parse(in);
}

PlackettLuce model_of(const Json& options) {
  PlackettLuce model;
  model.beta = options.value("beta", model.beta);
  model.kappa = options.value("kappa", model.kappa);
  model.tau = options.value("tau", model.tau);
  model.limit_sigma = options.value("limit_sigma", model.limit_sigma);
  return model;
}

void expect_near(const std::vector<std::vector<Rating>>& teams, const Json& expected) {
  for (std::size_t i = 0; i < teams.size(); ++i) {
    for (std::size_t k = 0; k < teams[i].size(); ++k) {
      ASSERT_NEAR(teams[i][k].mu, expected[i][k][0].get<double>(), kTolerance);
      ASSERT_NEAR(teams[i][k].sigma, expected[i][k][1].get<double>(), kTolerance);
    }
  }
}

class RatingParity : public testing::TestWithParam<std::string> {};

// Every game is rated from our own ratings after the one before, so that errors would add up.
TEST_P(RatingParity, EqualsOpenskillAfterEveryGame) {
  const Json recorded = recording(GetParam());
  const PlackettLuce model = model_of(recorded.at("options"));
  std::vector<Rating> ratings;
  for (const Json& start : recorded.at("start")) {
    ratings.push_back({.mu = start[0].get<double>(), .sigma = start[1].get<double>()});
  }
  ASSERT_GE(recorded.at("games").size(), 60u);
  for (const Json& game : recorded.at("games")) {
    const auto players = game.at("teams").get<std::vector<std::vector<std::size_t>>>();
    std::vector<std::vector<Rating>> teams;
    for (const auto& team : players) {
      teams.emplace_back();
      for (const std::size_t player : team) teams.back().push_back(ratings[player]);
    }
    model.rate(teams, game.at("ranks").get<std::vector<int>>());
    expect_near(teams, game.at("after"));
    if (HasFatalFailure()) return;
    for (std::size_t i = 0; i < players.size(); ++i) {
      for (std::size_t k = 0; k < players[i].size(); ++k) ratings[players[i][k]] = teams[i][k];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recordings, RatingParity,
                         testing::Values("duels", "duels_with_draws", "only_draws", "one_sided",
                                         "free_for_all", "teams", "limited_sigma", "other_options"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace foresight
