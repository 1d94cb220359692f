#include "report/bootstrap.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {
namespace {

Interval percentile_interval(const std::vector<double>& values) {
  return {.low = percentile(values, 0.025), .high = percentile(values, 0.975)};
}

// P(x > y) + P(x = y) / 2 of one task.
double probability_of_win(const std::vector<double>& x, const std::vector<double>& y) {
  double wins = 0.0;
  for (const double own : x) {
    for (const double other : y) wins += own > other ? 1.0 : own == other ? 0.5 : 0.0;
  }
  return wins / static_cast<double>(x.size() * y.size());
}

}  // namespace

double mean_score(const TaskScores& scores) {
  double sum = 0.0;
  for (const auto& task : scores) sum += mean_of(task);
  return sum / static_cast<double>(scores.size());
}

double interquartile_mean(const TaskScores& scores) {
  std::vector<double> all;
  for (const auto& task : scores) all.insert(all.end(), task.begin(), task.end());
  FS_CHECK(!all.empty(), "no scores");
  std::sort(all.begin(), all.end());
  const std::size_t num_cut = all.size() / 4;
  return mean_of(std::span(all).subspan(num_cut, all.size() - 2 * num_cut));
}

double probability_of_improvement(const TaskScores& x, const TaskScores& y) {
  FS_CHECK(x.size() == y.size() && !x.empty(), "{} tasks against {}", x.size(), y.size());
  double sum = 0.0;
  for (std::size_t t = 0; t < x.size(); ++t) sum += probability_of_win(x[t], y[t]);
  return sum / static_cast<double>(x.size());
}

std::vector<Resample> draw_resamples(const TaskScores& scores, std::size_t count, Rng& rng) {
  std::vector<Resample> resamples(count, Resample(scores.size()));
  for (Resample& resample : resamples) {
    for (std::size_t t = 0; t < scores.size(); ++t) {
      resample[t].resize(scores[t].size());
      for (std::size_t& run : resample[t]) run = rng.below(scores[t].size());
    }
  }
  return resamples;
}

TaskScores take_resample(const TaskScores& scores, const Resample& resample) {
  FS_CHECK(scores.size() == resample.size(), "{} tasks, resample of {}", scores.size(),
           resample.size());
  TaskScores taken(scores.size());
  for (std::size_t t = 0; t < scores.size(); ++t) {
    for (const std::size_t run : resample[t]) taken[t].push_back(scores[t].at(run));
  }
  return taken;
}

Estimate estimate(const TaskScores& scores, const ScoreStatistic& statistic,
                  std::span<const Resample> resamples) {
  std::vector<double> values;
  values.reserve(resamples.size());
  for (const Resample& resample : resamples) {
    values.push_back(statistic(take_resample(scores, resample)));
  }
  return {.value = statistic(scores), .interval = percentile_interval(values)};
}

Estimate estimate_improvement(const TaskScores& x, const TaskScores& y,
                              std::span<const Resample> resamples_x,
                              std::span<const Resample> resamples_y) {
  FS_CHECK(resamples_x.size() == resamples_y.size(), "{} resamples against {}", resamples_x.size(),
           resamples_y.size());
  std::vector<double> values;
  values.reserve(resamples_x.size());
  for (std::size_t s = 0; s < resamples_x.size(); ++s) {
    values.push_back(probability_of_improvement(take_resample(x, resamples_x[s]),
                                                take_resample(y, resamples_y[s])));
  }
  return {.value = probability_of_improvement(x, y), .interval = percentile_interval(values)};
}

}  // namespace foresight
