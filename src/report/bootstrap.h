// Statistics over the runs of an experiment, with stratified-bootstrap intervals. Source: Agarwal
// et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021, and
// their package rliable 1.2.0, rliable/metrics.py and rliable/library.py: aggregate_mean,
// aggregate_iqm, probability_of_improvement, get_interval_estimates (method "percentile").
// Axes: T tasks (the strata), R runs of one task, S resamples.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "base/statistics.h"

namespace foresight {

// [T][R] one score a run; tasks may have different numbers of runs, none may be empty.
using TaskScores = std::vector<std::vector<double>>;
// [T][R] which runs a resample takes, by their places within their task.
using Resample = std::vector<std::vector<std::size_t>>;
using ScoreStatistic = std::function<double(const TaskScores&)>;

struct Estimate {
  double value = 0.0;
  Interval interval;  // 95 %
};

// Mean over tasks of the means over their runs.
double mean_score(const TaskScores& scores);
// Mean of the middle half of all scores: a quarter of them, rounded down, is cut at either end.
double interquartile_mean(const TaskScores& scores);
// Mean over tasks of P(x > y) + P(x = y) / 2 for a run of x and one of y drawn at random (the
// Mann-Whitney U statistic over its maximum). Both have the same tasks in the same order.
double probability_of_improvement(const TaskScores& x, const TaskScores& y);

// S times runs drawn with replacement within each task.
std::vector<Resample> draw_resamples(const TaskScores& scores, std::size_t count, Rng& rng);
TaskScores take_resample(const TaskScores& scores, const Resample& resample);

// The statistic, and the 2.5 % and 97.5 % percentiles of it over the resamples.
Estimate estimate(const TaskScores& scores, const ScoreStatistic& statistic,
                  std::span<const Resample> resamples);
// The same for the probability of improvement: x and y are resampled independently, resample by
// resample.
Estimate estimate_improvement(const TaskScores& x, const TaskScores& y,
                              std::span<const Resample> resamples_x,
                              std::span<const Resample> resamples_y);

}  // namespace foresight
