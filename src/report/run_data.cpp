#include "report/run_data.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "config/difference.h"
#include "config/table.h"

namespace foresight {
namespace {

std::string without_quotes(const std::string& text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

double value_or_zero(const MetricValues& row, const std::string& name) {
  const auto found = row.find(name);
  return found == row.end() || !std::isfinite(found->second) ? 0.0 : found->second;
}

}  // namespace

RunData read_run_data(const std::filesystem::path& folder) {
  RunData run{.folder = folder,
              .name = folder.filename().string(),
              .record = read_run_record(folder),
              .config = leaves_of(read_toml_file(folder / "config.toml")),
              .task = {},
              .rows = {}};
  if (run.name.empty()) run.name = folder.parent_path().filename().string();
  const auto env = run.config.find("env.id");
  if (env != run.config.end()) run.task = without_quotes(env->second);
  if (std::filesystem::exists(folder / "metrics.jsonl")) run.rows = read_metrics(folder);
  return run;
}

std::vector<CurvePoint> curve_of(const RunData& run, const std::string& metric, CurveAxis axis) {
  const bool is_steps = axis == CurveAxis::kSteps;
  std::vector<CurvePoint> points;
  for (const MetricValues& row : run.rows) {
    const auto x = row.find(is_steps ? "step" : "time_s");
    const auto y = row.find(metric);
    if (x == row.end() || y == row.end()) continue;
    const double at = is_steps ? x->second : x->second / 60.0;
    if (!std::isfinite(at) || !std::isfinite(y->second)) continue;
    if (!points.empty() && at <= points.back().x) continue;
    points.push_back({at, y->second});
  }
  return points;
}

std::vector<std::string> score_metrics(std::span<const RunData> runs) {
  std::set<std::string> known;
  for (const RunData& run : runs) {
    for (const std::string& name : metric_names(run.rows)) known.insert(name);
  }
  constexpr std::pair<const char*, const char*> kKinds[] = {
      {"eval/", "win_rate"}, {"eval/", "return"}, {"episode/win_rate", ""}, {"episode/return", ""}};
  for (const auto& [begin, end] : kKinds) {
    std::vector<std::string> names;
    std::ranges::copy_if(known, std::back_inserter(names), [&](const std::string& name) {
      return name.starts_with(begin) && name.ends_with(end);
    });
    if (!names.empty()) return names;
  }
  return {};
}

TimeSplit time_split(const RunData& run) {
  TimeSplit split;
  for (const MetricValues& row : run.rows) {
    const double now_s = value_or_zero(row, "time_s");
    const double seconds = std::max(0.0, now_s - split.total_s);
    split.act_s += seconds * value_or_zero(row, "speed/act_share");
    split.game_s += seconds * value_or_zero(row, "speed/game_share");
    split.update_s += seconds * value_or_zero(row, "speed/update_share");
    split.evaluation_s += std::min(seconds, value_or_zero(row, "speed/eval_s"));
    split.total_s = std::max(split.total_s, now_s);
  }
  return split;
}

}  // namespace foresight
