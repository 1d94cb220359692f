#include "train/metric_history.h"

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace foresight {
namespace {

MetricValues parse_row(const std::string& line) {
  const auto object = nlohmann::json::parse(line);
  if (!object.is_object()) fail("not an object");
  MetricValues values;
  for (const auto& [name, value] : object.items()) {
    values[name] = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  }
  return values;
}

}  // namespace

std::vector<MetricValues> read_metrics(const std::filesystem::path& run_folder) {
  const auto path = run_folder / "metrics.jsonl";
  std::ifstream in(path);
  if (!in) fail("{}: cannot be read; is this a run's folder?", path.string());
  std::vector<MetricValues> rows;
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    if (in.eof()) break;
    ++number;
    try {
      rows.push_back(parse_row(line));
    } catch (const std::exception& problem) {
      fail("{}, line {}: not a row of metrics: {}", path.string(), number, problem.what());
    }
  }
  return rows;
}

std::vector<std::string> metric_names(const std::vector<MetricValues>& rows) {
  std::set<std::string> names;
  for (const MetricValues& row : rows) {
    for (const auto& [name, value] : row) names.insert(name);
  }
  return {names.begin(), names.end()};
}

}  // namespace foresight
