// A run as a report reads it.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "train/metric_history.h"
#include "train/run_record.h"

namespace foresight {

struct RunData {
  std::filesystem::path folder;
  std::string name;  // of the folder
  RunRecord record;
  std::map<std::string, std::string> config;  // whole key -> value as TOML writes it
  std::string task;                           // env.id
  std::vector<MetricValues> rows;             // none if it has written none yet
};

// Error: a file of the folder is missing or unreadable.
RunData read_run_data(const std::filesystem::path& folder);

// What happened to one number: (step or minutes, value), rising; values that are not finite are
// left out.
struct CurvePoint {
  double x = 0.0;
  double y = 0.0;
};
enum class CurveAxis { kSteps, kMinutes };
std::vector<CurvePoint> curve_of(const RunData& run, const std::string& metric, CurveAxis axis);

// The metrics that say how good an agent is: shares of games won in evaluations, else returns of
// evaluations, else those of training's episodes. Empty before any of them was written.
std::vector<std::string> score_metrics(std::span<const RunData> runs);

// Where a run's time went, in seconds.
struct TimeSplit {
  double act_s = 0.0;
  double game_s = 0.0;
  double update_s = 0.0;
  double evaluation_s = 0.0;
  double total_s = 0.0;
  double other_s() const { return total_s - act_s - game_s - update_s - evaluation_s; }
};
TimeSplit time_split(const RunData& run);

}  // namespace foresight
