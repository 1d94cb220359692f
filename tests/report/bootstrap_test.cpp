// Against the rliable package, python/record_rliable.py: same resamples, same numbers.
#include "report/bootstrap.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace foresight {
namespace {

constexpr double kTolerance = 1e-6;  // of the issue; seen: the last bits of sums in another order

nlohmann::json fixture() {
  std::ifstream in(FORESIGHT_SOURCE_DIR "/tests/fixtures/rliable/scores.json");
  EXPECT_TRUE(in) << "no fixture";
  return nlohmann::json::parse(in);
}

// [R][T] of the recording -> [T][R].
template <typename Value>
std::vector<std::vector<Value>> by_task(const nlohmann::json& rows) {
  std::vector<std::vector<Value>> tasks(rows.at(0).size());
  for (const auto& row : rows) {
    for (std::size_t t = 0; t < tasks.size(); ++t) tasks[t].push_back(row.at(t).get<Value>());
  }
  return tasks;
}

std::vector<Resample> resamples(const nlohmann::json& recorded) {
  std::vector<Resample> all;
  for (const auto& one : recorded) all.push_back(by_task<std::size_t>(one));
  return all;
}

void expect_equal(const Estimate& estimate, const nlohmann::json& expected, double scale) {
  EXPECT_NEAR(estimate.value, expected.at("value").get<double>(), kTolerance * scale);
  EXPECT_NEAR(estimate.interval.low, expected.at("low").get<double>(), kTolerance * scale);
  EXPECT_NEAR(estimate.interval.high, expected.at("high").get<double>(), kTolerance * scale);
}

TEST(Bootstrap, GivesTheValuesAndIntervalsOfRliableFromTheSameResamples) {
  const auto recorded = fixture();
  EXPECT_EQ(recorded.at("cases").size(), 4u);
  for (const auto& entry : recorded.at("cases")) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const TaskScores x = by_task<double>(entry.at("x"));
    const TaskScores y = by_task<double>(entry.at("y"));
    const auto& mean = entry.at("mean");
    const auto& iqm = entry.at("interquartile_mean");
    const auto& improvement = entry.at("probability_of_improvement");
    ASSERT_GE(mean.at("indices").size(), 100u);
    expect_equal(estimate(x, mean_score, resamples(mean.at("indices"))), mean, 1.0);
    expect_equal(estimate(x, interquartile_mean, resamples(iqm.at("indices"))), iqm, 1.0);
    expect_equal(estimate_improvement(x, y, resamples(improvement.at("indices").at(0)),
                                      resamples(improvement.at("indices").at(1))),
                 improvement, 1.0);
  }
}

TEST(Bootstrap, CutsAQuarterRoundedDownAtEitherEnd) {
  EXPECT_DOUBLE_EQ(interquartile_mean({{0.0, 1.0, 2.0, 100.0}}), 1.5);
  EXPECT_DOUBLE_EQ(interquartile_mean({{1.0, 2.0, 6.0}}), 3.0);
  EXPECT_DOUBLE_EQ(interquartile_mean({{9.0, 1.0}, {2.0, 3.0}, {-50.0}}), 2.0);
}

TEST(Bootstrap, CountsTiesAsHalfAWin) {
  EXPECT_DOUBLE_EQ(probability_of_improvement({{1.0, 2.0}}, {{1.0, 2.0}}), 0.5);
  EXPECT_DOUBLE_EQ(probability_of_improvement({{1.0, 2.0}}, {{1.0}}), 0.75);
  EXPECT_DOUBLE_EQ(probability_of_improvement({{1.0}, {0.0}}, {{0.0}, {1.0}}), 0.5);
  EXPECT_THROW(probability_of_improvement({{1.0}}, {{1.0}, {1.0}}), ContractViolation);
}

TEST(Bootstrap, DrawsWithinEachTaskAndTheSameFromTheSameSeed) {
  const TaskScores scores{{1.0, 2.0, 3.0}, {10.0}};
  Rng rng(1, "test");
  Rng again(1, "test");
  const auto resamples = draw_resamples(scores, 200, rng);
  EXPECT_EQ(resamples, draw_resamples(scores, 200, again));
  std::vector<int> counts(3);
  for (const Resample& resample : resamples) {
    ASSERT_EQ(resample.size(), 2u);
    ASSERT_EQ(resample[0].size(), 3u);
    ASSERT_EQ(resample[1], std::vector<std::size_t>{0});
    for (const std::size_t run : resample[0]) ++counts.at(run);
  }
  for (const int count : counts) EXPECT_NEAR(count, 200, 60);  // 5 deviations
}

// With many runs the interval is the normal one: mean +- 1.96 sd / sqrt(n).
TEST(Bootstrap, CoversWhatTheNormalIntervalCovers) {
  std::vector<float> normal(400);
  Rng rng(2, "test");
  rng.fill_normal(normal);
  const TaskScores scores{std::vector<double>(normal.begin(), normal.end())};
  const auto result = estimate(scores, mean_score, draw_resamples(scores, 4000, rng));
  const double half = 1.96 * standard_deviation(scores[0]) / 20.0;
  EXPECT_NEAR(result.interval.high - result.value, half, 0.1 * half);
  EXPECT_NEAR(result.value - result.interval.low, half, 0.1 * half);
}

}  // namespace
}  // namespace foresight
