#include "cli/competition_report.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/input_file.h"

namespace foresight {
namespace {

using Json = nlohmann::ordered_json;
using SystemTime = std::chrono::system_clock::time_point;

std::string utc(SystemTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

const char* result_word(const GameRecord& record) {
  if (!record.is_finished) return "cut off";
  return record.won ? "won" : record.is_draw() ? "drawn" : "lost";
}

Json latency_json(const LatencyHistogram& latency) {
  return {{"p50", latency.quantile_ms(0.5)},
          {"p99", latency.quantile_ms(0.99)},
          {"worst", latency.worst_ms()}};
}

Json game_json(const GameRecord& record) {
  return {{"game", record.name},
          {"connection", record.connection},
          {"begin", utc(record.begin)},
          {"end", utc(std::chrono::system_clock::now())},
          {"result", result_word(record)},
          {"score", {number_or_null(record.own_score), number_or_null(record.other_score)}},
          {"opponent", nullptr},  // the protocol does not tell
          {"steps", record.steps},
          {"rounds", record.rounds},
          {"latency_ms", latency_json(record.latency)},
          {"clamped", record.clamped},
          {"replaced", record.replaced},
          {"odd_observations", record.odd_observations}};
}

std::string latency_text(const LatencyHistogram& latency) {
  return fmt::format("p50 {:.3g} ms, p99 {:.3g} ms, worst {:.3g} ms", latency.quantile_ms(0.5),
                     latency.quantile_ms(0.99), latency.worst_ms());
}

std::string score_text(const CompetitionTotals& totals) {
  return fmt::format("{} won, {} drawn, {} lost", totals.wins, totals.draws, totals.losses);
}

}  // namespace

CompetitionReport::CompetitionReport(const Options& options)
    : options_(options), has_terminal_(!options.is_quiet && ::isatty(STDERR_FILENO) == 1) {
  if (options_.log.empty()) return;
  std::error_code problem;
  std::filesystem::create_directories(options_.log, problem);
  if (problem) {
    fail("{}: cannot make the folder: {}", display_path(options_.log), problem.message());
  }
  games_ = std::make_unique<AppendFile>(options_.log / "games.jsonl");
  events_ = std::make_unique<AppendFile>(options_.log / "events.jsonl");
}

void CompetitionReport::on_game(const GameRecord& record, const CompetitionTotals& totals) {
  if (games_) games_->write_line(game_json(record).dump());
  say(fmt::format("{} {:g}:{:g} in {} steps, answers {} | {} games: {}", result_word(record),
                  record.own_score, record.other_score, record.steps, latency_text(record.latency),
                  totals.games, score_text(totals)));
}

void CompetitionReport::on_word(std::int64_t connection, bool is_server, std::string_view text) {
  if (events_) {
    const Json event{{"time", utc(std::chrono::system_clock::now())},
                     {"connection", connection},
                     {"from", is_server ? "server" : "client"},
                     {"text", text}};
    events_->write_line(event.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  std::string& last = last_words_[connection];
  if (is_server && last == text) return;
  last = text;
  say(fmt::format("connection {}: {}{}", connection, is_server ? "server: " : "", text));
}

void CompetitionReport::on_turn(const CompetitionStatus& status, const CompetitionTotals& totals) {
  if (!has_terminal_) return;
  const std::string line = fmt::format(
      "{} playing, {} waiting for a game, {} connecting, {} waiting to try again | {} "
      "games: {}",
      status.playing, status.queued, status.connecting, status.waiting, totals.games,
      score_text(totals));
  if (line == shown_status_) return;
  clear_status();
  fmt::print(stderr, "{}", line);
  shown_status_ = line;
}

void CompetitionReport::clear_status() {
  if (shown_status_.empty()) return;
  fmt::print(stderr, "\r\x1b[K");
  shown_status_.clear();
}

void CompetitionReport::say(const std::string& line) {
  clear_status();
  std::FILE* out = options_.is_quiet ? stderr : stdout;
  fmt::print(out, "{}\n", line);
  std::fflush(out);
}

std::string CompetitionReport::text(const CompetitionTotals& totals) {
  const double share =
      totals.games == 0 ? 0.0 : 100.0 * static_cast<double>(totals.wins) / totals.games;
  std::string text =
      fmt::format("{} games: {} ({:.1f} % won)", totals.games, score_text(totals), share);
  if (totals.cut_off > 0) text += fmt::format(", {} cut off", totals.cut_off);
  text += fmt::format("\nanswers: {} ({} steps)", latency_text(totals.latency), totals.steps);
  if (totals.clamped + totals.replaced + totals.odd_observations > 0) {
    text += fmt::format(
        "\nnumbers: {} of actions clamped to [-1, 1], {} of actions and {} of observations were "
        "not "
        "finite and became 0",
        totals.clamped, totals.replaced, totals.odd_observations);
  }
  return text;
}

std::string CompetitionReport::json(const CompetitionTotals& totals) {
  return Json{{"games", totals.games},
              {"wins", totals.wins},
              {"draws", totals.draws},
              {"losses", totals.losses},
              {"cut_off", totals.cut_off},
              {"steps", totals.steps},
              {"latency_ms", latency_json(totals.latency)},
              {"clamped", totals.clamped},
              {"replaced", totals.replaced},
              {"odd_observations", totals.odd_observations},
              {"lost_connections", totals.lost_connections}}
      .dump(2);
}

}  // namespace foresight
