#include "selfplay/tournament_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"

namespace foresight {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Rating> rate_rounds(std::size_t num_agents, const std::vector<PairResult>& pairs) {
  const PlackettLuce model;
  std::vector<Rating> ratings(num_agents);
  std::size_t rounds = 0;
  for (const PairResult& pair : pairs) rounds = std::max(rounds, pair.outcomes.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const PairResult& pair : pairs) {
      if (round >= pair.outcomes.size()) continue;
      model.rate(ratings[pair.first], ratings[pair.second], pair.outcomes[round]);
    }
  }
  return ratings;
}

Json score_json(const Score& score) {
  const Interval interval = score.win_interval();
  return {{"games", score.games()},
          {"wins", score.wins},
          {"draws", score.draws},
          {"losses", score.losses},
          {"win_rate", score.win_rate()},
          {"win_rate_95", {interval.low, interval.high}},
          {"decided_win_rate", score.decided_win_rate()}};
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char letter : text) cell += letter == '"' ? "\"\"" : std::string(1, letter);
  return cell + "\"";
}

std::size_t longest(const std::vector<std::string>& names) {
  std::size_t length = 5;
  for (const std::string& name : names) length = std::max(length, name.size());
  return length;
}

}  // namespace

void Score::add(int outcome) {
  if (outcome > 0) ++wins;
  if (outcome == 0) ++draws;
  if (outcome < 0) ++losses;
}

std::int64_t TournamentTable::games() const {
  std::int64_t seen = 0;
  for (const Score& total : totals) seen += total.games();
  return seen / 2;  // each by two agents
}

TournamentTable make_table(std::vector<std::string> names, const std::vector<PairResult>& pairs) {
  const std::size_t num_agents = names.size();
  TournamentTable table;
  table.names = std::move(names);
  table.cross.assign(num_agents, std::vector<Score>(num_agents));
  table.totals.resize(num_agents);
  std::vector<double> steps(num_agents, 0.0);
  for (const PairResult& pair : pairs) {
    FS_CHECK(pair.first < num_agents && pair.second < num_agents && pair.first != pair.second,
             "pair {}, {} of {}", pair.first, pair.second, num_agents);
    for (const int outcome : pair.outcomes) {
      table.cross[pair.first][pair.second].add(outcome);
      table.cross[pair.second][pair.first].add(-outcome);
      table.totals[pair.first].add(outcome);
      table.totals[pair.second].add(-outcome);
    }
    const auto length = static_cast<double>(
        std::accumulate(pair.lengths.begin(), pair.lengths.end(), std::int64_t{0}));
    steps[pair.first] += length;
    steps[pair.second] += length;
  }
  for (std::size_t i = 0; i < num_agents; ++i) {
    const auto games = static_cast<double>(std::max<std::int64_t>(1, table.totals[i].games()));
    table.mean_lengths.push_back(steps[i] / games);
  }
  table.ratings = rate_rounds(num_agents, pairs);
  table.ranking.resize(num_agents);
  std::iota(table.ranking.begin(), table.ranking.end(), std::size_t{0});
  std::stable_sort(table.ranking.begin(), table.ranking.end(), [&](std::size_t a, std::size_t b) {
    return table.ratings[a].ordinal() > table.ratings[b].ordinal();
  });
  return table;
}

std::string win_rate_text(const Score& score) {
  const Interval interval = score.win_interval();
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100.0 * score.win_rate(), 100.0 * interval.low,
                     100.0 * interval.high);
}

std::string table_text(const TournamentTable& table) {
  const std::size_t width = longest(table.names);
  std::string text = fmt::format("{:>3}  {:<{}}  {:>7}  {:<24}", "", "agent", width, "rating",
                                 "won of all (95 %)");
  for (std::size_t column = 0; column < table.ranking.size(); ++column) {
    text += fmt::format("  {:>6}", fmt::format("vs {}", column + 1));
  }
  text += "\n";
  for (std::size_t row = 0; row < table.ranking.size(); ++row) {
    const std::size_t i = table.ranking[row];
    text += fmt::format("{:>3}  {:<{}}  {:>7.2f}  {:<24}", row + 1, table.names[i], width,
                        table.ratings[i].ordinal(), win_rate_text(table.totals[i]));
    for (const std::size_t j : table.ranking) {
      text += i == j ? fmt::format("  {:>6}", "-")
                     : fmt::format("  {:>4.0f} %", 100.0 * table.cross[i][j].win_rate());
    }
    text += "\n";
  }
  return text;
}

std::string table_csv(const TournamentTable& table) {
  std::string text =
      "agent,opponent,games,wins,draws,losses,win_rate,win_rate_low,win_rate_high,mu,sigma,"
      "rating\n";
  for (const std::size_t i : table.ranking) {
    for (const std::size_t j : table.ranking) {
      if (i == j) continue;
      const Score& score = table.cross[i][j];
      const Interval interval = score.win_interval();
      const Rating& rating = table.ratings[i];
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(table.names[i]),
                          csv_cell(table.names[j]), score.games(), score.wins, score.draws,
                          score.losses, score.win_rate(), interval.low, interval.high, rating.mu,
                          rating.sigma, rating.ordinal());
    }
  }
  return text;
}

std::string table_json(const TournamentTable& table, const std::string& setup) {
  Json agents = Json::array();
  Json pairs = Json::array();
  for (const std::size_t i : table.ranking) {
    const Rating& rating = table.ratings[i];
    Json agent{
        {"name", table.names[i]},
        {"rating", {{"mu", rating.mu}, {"sigma", rating.sigma}, {"ordinal", rating.ordinal()}}}};
    agent.update(score_json(table.totals[i]));
    agent["mean_length"] = table.mean_lengths[i];
    agents.push_back(agent);
    for (const std::size_t j : table.ranking) {
      if (i == j) continue;
      Json pair{{"agent", table.names[i]}, {"opponent", table.names[j]}};
      pair.update(score_json(table.cross[i][j]));
      pairs.push_back(pair);
    }
  }
  const Json all{{"format", 1},
                 {"setup", Json::parse(setup)},
                 {"games", table.games()},
                 {"agents", agents},
                 {"pairs", pairs}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace foresight
