#include "cluster/run_progress.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "config/table.h"
#include "train/metric_history.h"

namespace foresight {
namespace {

// The last value of the first of these kinds that was ever written.
void read_score(const std::vector<MetricValues>& rows, RunProgress& progress) {
  constexpr std::pair<const char*, const char*> kKinds[] = {{"eval/", "/win_rate"},
                                                            {"eval/", "return"},
                                                            {"episode/win_rate", ""},
                                                            {"episode/return", ""}};
  for (const auto& [begin, end] : kKinds) {
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      for (const auto& [name, value] : *row) {
        if (!name.starts_with(begin) || !name.ends_with(end) || !std::isfinite(value)) continue;
        progress.score_name = name;
        progress.score = value;
        return;
      }
    }
  }
}

void read_pace(const std::vector<MetricValues>& rows, RunProgress& progress) {
  constexpr std::size_t kRows = 10;
  if (rows.size() < 2 || progress.total_steps == 0) return;
  const MetricValues& early = rows[rows.size() - std::min(rows.size(), kRows)];
  const MetricValues& late = rows.back();
  if (!early.contains("step") || !early.contains("time_s") || !late.contains("time_s")) return;
  const double steps = late.at("step") - early.at("step");
  const double seconds = late.at("time_s") - early.at("time_s");
  if (steps <= 0.0 || seconds < 0.0) return;
  const auto left = static_cast<double>(progress.total_steps - progress.steps);
  progress.left_s = std::max(0.0, left * seconds / steps);
}

std::int64_t planned_steps(const std::filesystem::path& run_folder) {
  const Table table = read_toml_file(run_folder / "config.toml");
  const ConfigValue* train = table.find("train");
  const auto* section = train == nullptr ? nullptr : std::get_if<Table>(&train->data);
  const ConfigValue* steps = section == nullptr ? nullptr : section->find("steps");
  const auto* count = steps == nullptr ? nullptr : std::get_if<std::int64_t>(&steps->data);
  return count == nullptr ? 0 : *count;
}

}  // namespace

RunProgress read_progress(const std::filesystem::path& run_folder) {
  RunProgress progress;
  try {
    progress.total_steps = planned_steps(run_folder);
    if (!std::filesystem::exists(run_folder / "metrics.jsonl")) return progress;
    const auto rows = read_metrics(run_folder);
    if (rows.empty() || !rows.back().contains("step")) return progress;
    progress.steps = static_cast<std::int64_t>(rows.back().at("step"));
    if (const auto time = rows.back().find("time_s"); time != rows.back().end()) {
      progress.spent_s = time->second;
    }
    read_score(rows, progress);
    read_pace(rows, progress);
  } catch (const Error&) {  // one unreadable run must not hide the others
    return progress;
  }
  return progress;
}

}  // namespace foresight
