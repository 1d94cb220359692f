// Groups of runs held against each other: learning curves and final scores, with intervals over
// seeds. The same runs give the same numbers: resamples come from a fixed seed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/bootstrap.h"
#include "report/run_groups.h"

namespace foresight {

// The mean of a group's runs at one place of the x axis.
struct MeanPoint {
  double x = 0.0;
  double mean = 0.0;
  Interval interval;         // 95 % over seeds; low = high with one run
  std::size_t num_runs = 0;  // that got this far
};

struct GroupCurve {
  std::string group;
  std::vector<MeanPoint> mean;
  std::vector<std::vector<CurvePoint>> runs;  // as they were logged
};

// One figure: a metric on one task.
struct CurvePanel {
  std::string metric;
  std::string task;
  CurveAxis axis = CurveAxis::kSteps;
  std::vector<GroupCurve> curves;  // of every group, empty where it has no points
};

// Last values of a metric, of one group over its tasks.
struct GroupScore {
  std::string group;
  std::size_t num_runs = 0;
  std::size_t num_tasks = 0;
  double lowest = 0.0;
  double highest = 0.0;
  // Environment steps at which its runs were last measured: a run that is still at work, or died,
  // is compared as it was then.
  double first_end = 0.0;
  double last_end = 0.0;
  Estimate mean;
  Estimate interquartile_mean;
};

struct MetricComparison {
  std::string metric;
  std::vector<GroupScore> scores;  // of groups with any run that has the metric
  // [G][G] P(a run of the row is better than one of the column), over the tasks both have; none on
  // the diagonal and where they share no task. Rows and columns as in `scores`.
  std::vector<std::vector<std::optional<Estimate>>> improvement;
};

// Runs are compared at the places where any of them was measured, at most kMaxCurvePoints of them,
// straight lines between a run's own measurements. A run counts from its first to its last one.
inline constexpr std::size_t kMaxCurvePoints = 300;
std::vector<CurvePanel> curve_panels(std::span<const RunData> runs,
                                     std::span<const RunGroup> groups, const std::string& metric,
                                     CurveAxis axis);

MetricComparison compare_final(std::span<const RunData> runs, std::span<const RunGroup> groups,
                               const std::string& metric);

}  // namespace foresight
