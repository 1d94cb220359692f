#include "net/league_table.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/input_file.h"
#include "io/atomic_file.h"

namespace foresight {
namespace {

constexpr const char* kGamesFile = "games.jsonl";
constexpr std::size_t kNumLatest = 20;

using Json = nlohmann::ordered_json;

Json to_json(const LeagueResult& result) {
  return {{"game", result.game},
          {"time", result.time},
          {"left", result.left},
          {"right", result.right},
          {"score", {result.left_score, result.right_score}},
          {"steps", result.steps}};
}

LeagueResult from_json(const Json& json) {
  return {.game = json.at("game"),
          .time = json.at("time"),
          .left = json.at("left"),
          .right = json.at("right"),
          .left_score = json.at("score").at(0),
          .right_score = json.at("score").at(1),
          .steps = json.at("steps")};
}

std::pair<std::string, std::string> meeting(const std::string& a, const std::string& b) {
  return std::minmax(a, b);
}

// Held as long as the program runs; the system lets go of it if it is killed.
Descriptor lock_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.number() < 0) fail("{}: cannot write: {}", display_path(path), std::strerror(errno));
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    fail("{}: another server keeps its league there\n  give this one a folder of its own",
         display_path(folder));
  }
  return file;
}

}  // namespace

std::string utc_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

LeagueTable::LeagueTable(std::filesystem::path folder, RateGame rate)
    : folder_(std::move(folder)), rate_(std::move(rate)) {
  if (folder_.empty()) return;
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (problem) fail("{}: cannot make the folder: {}", display_path(folder_), problem.message());
  lock_ = lock_folder(folder_);
  file_ = std::make_unique<AppendFile>(folder_ / kGamesFile);  // cuts half a line
  std::ifstream in = open_input_file(file_->path());
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    try {
      count(from_json(Json::parse(line)));
    } catch (const Json::exception&) {
      fail("{}:{}: expected a result of the league, found {}\n  repair or remove the line",
           display_path(file_->path()), number, line.substr(0, 80));
    }
  }
}

void LeagueTable::enter(const std::string& name) {
  LeagueStanding& standing = standings_[name];
  standing.name = name;
}

void LeagueTable::add(const LeagueResult& result) {
  if (file_) {
    file_->write_line(to_json(result).dump());
    flush_to_disk(file_->path());
  }
  count(result);
}

void LeagueTable::count(const LeagueResult& result) {
  enter(result.left);
  enter(result.right);
  LeagueStanding& left = standings_.at(result.left);
  LeagueStanding& right = standings_.at(result.right);
  const int outcome = result.outcome();
  rate_(left.rating, right.rating, outcome);
  const auto tally = [](LeagueStanding& own, int own_outcome) {
    ++(own_outcome > 0 ? own.wins : own_outcome < 0 ? own.losses : own.draws);
  };
  tally(left, outcome);
  tally(right, -outcome);
  left.rounds_won += result.left_score;
  left.rounds_lost += result.right_score;
  right.rounds_won += result.right_score;
  right.rounds_lost += result.left_score;
  ++meetings_[meeting(result.left, result.right)];
  ++num_games_;
  latest_.push_front(result);
  if (latest_.size() > kNumLatest) latest_.pop_back();
}

std::vector<LeagueStanding> LeagueTable::standings() const {
  std::vector<LeagueStanding> result;
  for (const auto& [name, standing] : standings_) result.push_back(standing);
  std::ranges::stable_sort(result, [](const LeagueStanding& a, const LeagueStanding& b) {
    return a.rating.shown() > b.rating.shown();
  });
  return result;
}

std::int64_t LeagueTable::games_between(const std::string& a, const std::string& b) const {
  const auto found = meetings_.find(meeting(a, b));
  return found == meetings_.end() ? 0 : found->second;
}

}  // namespace foresight
