// Tells people how a tournament goes: a line a game, a line that keeps up to date on a terminal,
// the sum at the end; and, if wished, JSON lines in a folder:
//
//   games.jsonl    result, score, steps and times of each game
//   events.jsonl   words of the server, lost connections
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "io/append_file.h"
#include "net/tournament_client.h"

namespace foresight {

class CompetitionReport : public CompetitionObserver {
 public:
  struct Options {
    std::filesystem::path log;  // folder; empty: none
    bool is_quiet = false;      // no lines for people on standard output
  };
  // Error: the folder cannot be made.
  explicit CompetitionReport(const Options& options);

  void on_game(const GameRecord& record, const CompetitionTotals& totals) override;
  void on_word(std::int64_t connection, bool is_server, std::string_view text) override;
  void on_turn(const CompetitionStatus& status, const CompetitionTotals& totals) override;

  // "12 games: 8 won, 1 drawn, 3 lost ...".
  static std::string text(const CompetitionTotals& totals);
  static std::string json(const CompetitionTotals& totals);
  // Before anything else is printed: the line that keeps up to date goes.
  void clear_status();

 private:
  void say(const std::string& line);

  Options options_;
  bool has_terminal_;
  std::unique_ptr<AppendFile> games_;
  std::unique_ptr<AppendFile> events_;
  std::map<std::int64_t, std::string> last_words_;  // of a connection, so as not to repeat them
  std::string shown_status_;
};

}  // namespace foresight
