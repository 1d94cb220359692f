#include "report/atari_scores.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "agent/model_card.h"
#include "base/error.h"
#include "base/home.h"
#include "cli/command.h"
#include "train/experiment_config.h"
#include "train/metric_history.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

std::string letters_of(const std::string& name) {
  std::string letters;
  std::ranges::copy_if(name, std::back_inserter(letters),
                       [](char letter) { return letter != '-' && letter != '_'; });
  return letters;
}

// The table's name of a game: "james_bond" for the ALE's "jamesbond".
std::string game_of(const AtariTable& table, const std::string& task) {
  for (const auto& [game, reference] : table.references) {
    if (letters_of(game) == letters_of(task)) return game;
  }
  fail("the table of scores has no game {}", task);
}

class AtariScoresCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", runs_, "runs on atari/<game>: their last evaluations make a row");
    app.add_option("--scores", file_,
                   "per-game scores (default: configs/dreamerv2/atari-scores.csv)");
  }

  int run() override {
    const auto path = file_.empty() ? home_folder() / "configs" / "dreamerv2" / "atari-scores.csv"
                                    : std::filesystem::path(file_);
    const AtariTable table = read_atari_table(path);
    fmt::print("{:<14} {:>5} {:>13} {:>11} {:>12} {:>20}\n", "agent", "games", "gamer median",
               "gamer mean", "record mean", "clipped record mean");
    for (const std::string& agent : table.agents) {
      print(agent, aggregate(table, table.scores.at(agent)));
    }
    if (runs_.empty()) return 0;
    const AtariScores ours = scores_of_runs(table);
    for (const auto& [agent, scores] : table.scores) {
      AtariScores same_games;
      for (const auto& [game, score] : ours) {
        const auto found = scores.find(game);
        if (found != scores.end()) same_games[game] = found->second;
      }
      if (same_games.size() == ours.size()) print(agent + "*", aggregate(table, same_games));
    }
    print("these runs", aggregate(table, ours));
    fmt::print("*: over the games of these runs\n");
    return 0;
  }

 private:
  static void print(const std::string& agent, const AtariAggregate& row) {
    fmt::print("{:<14} {:>5} {:>13.2f} {:>11.2f} {:>12.3f} {:>20.3f}\n", agent, row.num_games,
               row.gamer_median, row.gamer_mean, row.record_mean, row.clipped_record_mean);
  }

  AtariScores scores_of_runs(const AtariTable& table) const {
    AtariScores scores;
    for (const std::string& name : runs_) {
      const auto folder = find_run(name);
      const std::string env = id_of(read_model_card(folder / "model").env);
      if (!env.starts_with("atari/")) fail("{}: {} is no game of atari/", folder.string(), env);
      const std::string game = game_of(table, env.substr(6));
      double score = std::nan("");
      for (const MetricValues& row : read_metrics(folder)) {
        const auto value = row.find("eval/return");
        if (value != row.end()) score = value->second;
      }
      if (!std::isfinite(score)) fail("{}: no evaluation yet", folder.string());
      scores[game] = score;
    }
    return scores;
  }

  std::vector<std::string> runs_;
  std::string file_;
};

FS_REGISTER_WORD("atari-scores", AtariScoresCommand,
                 "published Atari results, normalised, and those of runs beside them",
                 "foresight atari-scores", "foresight atari-scores runs/pong runs/freeway");

}  // namespace
}  // namespace foresight
