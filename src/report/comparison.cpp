#include "report/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::size_t kCurveResamples = 1000;
constexpr std::size_t kScoreResamples = 5000;

std::set<std::string> tasks_of(std::span<const RunData> runs) {
  std::set<std::string> tasks;
  for (const RunData& run : runs) tasks.insert(run.task);
  return tasks;
}

// The value on the straight line between two measurements; none outside of them.
std::optional<double> value_at(const std::vector<CurvePoint>& points, double x) {
  const auto above = std::ranges::lower_bound(points, x, {}, &CurvePoint::x);
  if (above == points.end()) return std::nullopt;
  if (above->x == x) return above->y;
  if (above == points.begin()) return std::nullopt;
  const CurvePoint& below = *std::prev(above);
  return std::lerp(below.y, above->y, (x - below.x) / (above->x - below.x));
}

std::vector<double> places_of(const std::vector<std::vector<CurvePoint>>& runs) {
  std::set<double> all;
  for (const auto& points : runs) {
    for (const CurvePoint& point : points) all.insert(point.x);
  }
  std::vector<double> places(all.begin(), all.end());
  if (places.size() <= kMaxCurvePoints) return places;
  std::vector<double> even(kMaxCurvePoints);
  for (std::size_t i = 0; i < kMaxCurvePoints; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(kMaxCurvePoints - 1);
    even[i] = std::lerp(places.front(), places.back(), share);
  }
  return even;
}

// Resamples of so many runs; the same ones for every place, so that a band is smooth.
class CurveResamples {
 public:
  const std::vector<Resample>& of(std::size_t num_runs) {
    auto& resamples = by_size_[num_runs];
    if (resamples.empty()) {
      Rng rng(0, "report curve", num_runs);
      resamples = draw_resamples({std::vector<double>(num_runs)}, kCurveResamples, rng);
    }
    return resamples;
  }

 private:
  std::map<std::size_t, std::vector<Resample>> by_size_;
};

std::vector<MeanPoint> mean_curve(const std::vector<std::vector<CurvePoint>>& runs,
                                  CurveResamples& resamples) {
  std::vector<MeanPoint> curve;
  for (const double x : places_of(runs)) {
    TaskScores scores(1);
    for (const auto& points : runs) {
      if (const auto value = value_at(points, x)) scores[0].push_back(*value);
    }
    const std::size_t num_runs = scores[0].size();
    if (num_runs == 0) continue;
    const Estimate mean = estimate(scores, mean_score, resamples.of(num_runs));
    curve.push_back({.x = x, .mean = mean.value, .interval = mean.interval, .num_runs = num_runs});
  }
  return curve;
}

// Of a group's runs.
struct FinalScores {
  std::map<std::string, std::vector<double>> by_task;  // last values
  std::vector<double> ends;                            // environment steps of these
};

FinalScores final_scores(std::span<const RunData> runs, const RunGroup& group,
                         const std::string& metric) {
  FinalScores scores;
  for (const std::size_t i : group.runs) {
    const auto curve = curve_of(runs[i], metric, CurveAxis::kSteps);
    if (curve.empty()) continue;
    scores.by_task[runs[i].task].push_back(curve.back().y);
    scores.ends.push_back(curve.back().x);
  }
  return scores;
}

TaskScores strata_of(const FinalScores& scores) {
  TaskScores strata;
  for (const auto& [task, values] : scores.by_task) strata.push_back(values);
  return strata;
}

GroupScore score_of(const std::string& group, const FinalScores& scores) {
  const TaskScores strata = strata_of(scores);
  Rng rng(0, "report scores");
  const auto resamples = draw_resamples(strata, kScoreResamples, rng);
  GroupScore score{.group = group,
                   .num_runs = 0,
                   .num_tasks = strata.size(),
                   .lowest = strata[0][0],
                   .highest = strata[0][0],
                   .first_end = std::ranges::min(scores.ends),
                   .last_end = std::ranges::max(scores.ends),
                   .mean = estimate(strata, mean_score, resamples),
                   .interquartile_mean = estimate(strata, interquartile_mean, resamples)};
  for (const auto& task : strata) {
    score.num_runs += task.size();
    score.lowest = std::min(score.lowest, std::ranges::min(task));
    score.highest = std::max(score.highest, std::ranges::max(task));
  }
  return score;
}

std::optional<Estimate> improvement(const FinalScores& x, const FinalScores& y) {
  TaskScores x_strata;
  TaskScores y_strata;
  for (const auto& [task, values] : x.by_task) {
    const auto other = y.by_task.find(task);
    if (other == y.by_task.end()) continue;
    x_strata.push_back(values);
    y_strata.push_back(other->second);
  }
  if (x_strata.empty()) return std::nullopt;
  Rng rng_x(0, "report improvement", 0);
  Rng rng_y(0, "report improvement", 1);
  return estimate_improvement(x_strata, y_strata, draw_resamples(x_strata, kScoreResamples, rng_x),
                              draw_resamples(y_strata, kScoreResamples, rng_y));
}

}  // namespace

std::vector<CurvePanel> curve_panels(std::span<const RunData> runs,
                                     std::span<const RunGroup> groups, const std::string& metric,
                                     CurveAxis axis) {
  std::vector<CurvePanel> panels;
  CurveResamples resamples;
  for (const std::string& task : tasks_of(runs)) {
    CurvePanel panel{.metric = metric, .task = task, .axis = axis, .curves = {}};
    bool has_points = false;
    for (const RunGroup& group : groups) {
      GroupCurve curve{.group = group.name, .mean = {}, .runs = {}};
      for (const std::size_t i : group.runs) {
        auto points = curve_of(runs[i], metric, axis);
        if (runs[i].task == task && !points.empty()) curve.runs.push_back(std::move(points));
      }
      curve.mean = mean_curve(curve.runs, resamples);
      has_points = has_points || !curve.mean.empty();
      panel.curves.push_back(std::move(curve));
    }
    if (has_points) panels.push_back(std::move(panel));
  }
  return panels;
}

MetricComparison compare_final(std::span<const RunData> runs, std::span<const RunGroup> groups,
                               const std::string& metric) {
  MetricComparison comparison{.metric = metric, .scores = {}, .improvement = {}};
  std::vector<FinalScores> finals;
  for (const RunGroup& group : groups) {
    auto scores = final_scores(runs, group, metric);
    if (scores.ends.empty()) continue;
    comparison.scores.push_back(score_of(group.name, scores));
    finals.push_back(std::move(scores));
  }
  for (std::size_t i = 0; i < finals.size(); ++i) {
    auto& row = comparison.improvement.emplace_back(finals.size());
    for (std::size_t j = 0; j < finals.size(); ++j) {
      if (i != j) row[j] = improvement(finals[i], finals[j]);
    }
  }
  return comparison;
}

}  // namespace foresight
