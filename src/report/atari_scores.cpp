#include "report/atari_scores.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/error.h"
#include "base/input_file.h"

namespace foresight {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

double number_of(const std::string& text, const std::string& place) {
  double value = 0.0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) {
    fail("{}: \"{}\" is no number", place, text);
  }
  return value;
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

}  // namespace

AtariTable read_atari_table(const std::filesystem::path& path) {
  std::istringstream stream(read_text_file(path, kMaxBytes));
  AtariTable table;
  std::vector<std::string> head;
  std::int64_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::string place = fmt::format("{}:{}", path.string(), ++number);
    if (line.empty() || line.starts_with('#')) continue;
    const auto cells = cells_of(line);
    if (head.empty()) {
      head = cells;
      if (head.size() < 4 || head[0] != "game" || head[1] != "random" || head[2] != "human" ||
          head[3] != "record") {
        fail("{}: expected game,random,human,record,<agent>,...", place);
      }
      table.agents.assign(head.begin() + 4, head.end());
      continue;
    }
    if (cells.size() != head.size()) {
      fail("{}: {} cells, expected {}", place, cells.size(), head.size());
    }
    const AtariReference reference{.random = number_of(cells[1], place),
                                   .gamer = number_of(cells[2], place),
                                   .record = number_of(cells[3], place)};
    if (reference.gamer == reference.random || reference.record == reference.random) {
      fail("{}: {} leaves no scale above random play", place, cells[0]);
    }
    if (!table.references.emplace(cells[0], reference).second) {
      fail("{}: {} stands here twice", place, cells[0]);
    }
    for (std::size_t i = 4; i < cells.size(); ++i) {
      table.scores[head[i]][cells[0]] = number_of(cells[i], place);
    }
  }
  return table;
}

AtariAggregate aggregate(const AtariTable& table, const AtariScores& scores) {
  if (scores.empty()) fail("no game to aggregate over");
  std::vector<double> by_gamer;
  AtariAggregate result;
  for (const auto& [game, score] : scores) {
    const auto found = table.references.find(game);
    if (found == table.references.end()) fail("no reference scores for the game {}", game);
    const AtariReference& reference = found->second;
    by_gamer.push_back((score - reference.random) / (reference.gamer - reference.random));
    const double by_record = (score - reference.random) / (reference.record - reference.random);
    result.gamer_mean += by_gamer.back();
    result.record_mean += by_record;
    result.clipped_record_mean += std::min(1.0, by_record);
  }
  result.num_games = std::ssize(by_gamer);
  const auto count = static_cast<double>(by_gamer.size());
  result.gamer_mean /= count;
  result.record_mean /= count;
  result.clipped_record_mean /= count;
  result.gamer_median = median_of(std::move(by_gamer));
  return result;
}

}  // namespace foresight
