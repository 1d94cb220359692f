#include "report/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "report/runs.h"

namespace foresight {
namespace {

const std::string kMetric = "eval/weak/win_rate";

TEST(RunGroups, AreWhatDiffersSeedsAside) {
  const std::vector<RunData> runs{small_run("3", 1, 0.5), small_run("9", 1, 0.7),
                                  small_run("3", 2, 0.6)};
  const auto groups = group_runs(runs, {});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].name, "horizon = 3");
  EXPECT_EQ(groups[0].runs, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(groups[1].runs, std::vector<std::size_t>{1});
  EXPECT_EQ(config_differences(runs).at("agent.planner.horizon"),
            (std::vector<std::string>{"3", "9", "3"}));
}

TEST(RunGroups, OfSeedsAloneAreOne) {
  const std::vector<RunData> runs{small_run("3", 1, 0.5), small_run("3", 2, 0.7)};
  const auto groups = group_runs(runs, {});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].name, "test");
}

TEST(RunGroups, ByAKeyNameWhatDiffersWithinThem) {
  std::vector<RunData> runs{small_run("3", 1, 0.5), small_run("9", 1, 0.7)};
  runs[0].config["train.threads"] = "1";
  runs[1].config["train.threads"] = "1";
  const auto groups = group_runs(runs, {"train.threads"});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(hidden_differences(runs, groups), std::vector<std::string>{"agent.planner.horizon"});
  try {
    group_runs(runs, {"agent.planner.horizn"});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("agent.planner.horizon"), std::string::npos);
  }
}

TEST(RunGroups, TakeEnvironmentsForTasks) {
  const std::vector<RunData> runs{small_run("3", 1, 0.5, "cup"), small_run("3", 1, 0.7, "dog")};
  EXPECT_EQ(group_runs(runs, {}).size(), 1u);
  EXPECT_EQ(curve_panels(runs, group_runs(runs, {}), kMetric, CurveAxis::kSteps).size(), 2u);
}

TEST(CurvePanels, AreTheMeanOfTheRunsThatGotThisFar) {
  std::vector<RunData> runs{small_run("3", 1, 0.4), small_run("3", 2, 0.8)};
  runs[1].rows.pop_back();  // it died before its last evaluation
  const auto panels = curve_panels(runs, group_runs(runs, {}), kMetric, CurveAxis::kSteps);
  ASSERT_EQ(panels.size(), 1u);
  const auto& mean = panels[0].curves.at(0).mean;
  ASSERT_EQ(mean.size(), 4u);
  EXPECT_DOUBLE_EQ(mean[1].mean, 0.3);
  EXPECT_EQ(mean[1].num_runs, 2u);
  EXPECT_DOUBLE_EQ(mean[1].interval.low, 0.2);  // of two runs the resamples reach both
  EXPECT_DOUBLE_EQ(mean[1].interval.high, 0.4);
  EXPECT_EQ(mean[3].num_runs, 1u);
  EXPECT_DOUBLE_EQ(mean[3].mean, 0.4);
  EXPECT_DOUBLE_EQ(mean[3].interval.low, mean[3].interval.high);
}

TEST(CurvePanels, JoinRunsThatWereMeasuredAtOtherSteps) {
  std::vector<RunData> runs{small_run("3", 1, 0.4), small_run("3", 2, 0.8)};
  for (auto& row : runs[1].rows) row["step"] += 125.0;
  const auto panels = curve_panels(runs, group_runs(runs, {}), kMetric, CurveAxis::kSteps);
  const auto& mean = panels.at(0).curves.at(0).mean;
  // At 500 steps: 0.2 of the one; the other is halfway between 0.2 at 375 and 0.4 at 625.
  const auto at_500 = std::ranges::find(mean, 500.0, &MeanPoint::x);
  ASSERT_NE(at_500, mean.end());
  EXPECT_DOUBLE_EQ(at_500->mean, 0.25);
}

TEST(CurvePanels, HaveABoundedNumberOfPoints) {
  RunData run = small_run("3", 1, 0.4);
  run.rows.clear();
  for (int i = 0; i < 5000; ++i) run.rows.push_back({{"step", 1.0 * i}, {kMetric, 2.0 * i}});
  const std::vector<RunData> runs{run};
  const auto panels = curve_panels(runs, group_runs(runs, {}), kMetric, CurveAxis::kSteps);
  const auto& mean = panels.at(0).curves.at(0).mean;
  ASSERT_EQ(mean.size(), kMaxCurvePoints);
  EXPECT_DOUBLE_EQ(mean.back().mean, 9998.0);
  EXPECT_NEAR(mean[10].mean, 2.0 * mean[10].x, 1e-9);
}

TEST(CompareFinal, TakesLastValuesAndSaysWhoIsBetter) {
  const std::vector<RunData> runs{small_run("3", 1, 0.4), small_run("3", 2, 0.5),
                                  small_run("9", 1, 0.7), small_run("9", 2, 0.45)};
  const auto comparison = compare_final(runs, group_runs(runs, {}), kMetric);
  ASSERT_EQ(comparison.scores.size(), 2u);
  EXPECT_EQ(comparison.scores[0].num_runs, 2u);
  EXPECT_DOUBLE_EQ(comparison.scores[0].mean.value, 0.45);
  EXPECT_DOUBLE_EQ(comparison.scores[1].highest, 0.7);
  EXPECT_FALSE(comparison.improvement[0][0].has_value());
  EXPECT_DOUBLE_EQ(comparison.improvement[1][0]->value, 0.75);  // 3 of 4 pairs
  EXPECT_DOUBLE_EQ(comparison.improvement[0][1]->value, 0.25);
  EXPECT_DOUBLE_EQ(comparison.improvement[1][0]->interval.high, 1.0);
}

TEST(CompareFinal, SaysHowFarRunsGot) {
  std::vector<RunData> runs{small_run("3", 1, 0.4), small_run("3", 2, 0.5)};
  runs[1].rows.resize(2);
  const auto comparison = compare_final(runs, group_runs(runs, {}), kMetric);
  EXPECT_DOUBLE_EQ(comparison.scores.at(0).first_end, 500.0);
  EXPECT_DOUBLE_EQ(comparison.scores.at(0).last_end, 1000.0);
}

TEST(CompareFinal, LeavesOutGroupsWithoutTheMetric) {
  std::vector<RunData> runs{small_run("3", 1, 0.4), small_run("9", 1, 0.7)};
  runs[1].rows.clear();  // still in its first steps
  const auto comparison = compare_final(runs, group_runs(runs, {}), kMetric);
  ASSERT_EQ(comparison.scores.size(), 1u);
  EXPECT_EQ(comparison.scores[0].group, "horizon = 3");
}

TEST(TimeSplit, AddsUpToTheWhole) {
  const TimeSplit split = time_split(small_run("3", 1, 0.4));
  EXPECT_DOUBLE_EQ(split.total_s, 240.0);
  EXPECT_DOUBLE_EQ(split.act_s, 60.0);
  EXPECT_DOUBLE_EQ(split.update_s, 120.0);
  EXPECT_DOUBLE_EQ(split.evaluation_s, 12.0);
  EXPECT_DOUBLE_EQ(split.other_s(), 18.0);
}

TEST(ScoreMetrics, AreEvaluationsBeforeTraining) {
  RunData run = small_run("3", 1, 0.4);
  run.rows[0]["episode/return"] = 1.0;
  EXPECT_EQ(score_metrics(std::vector<RunData>{run}), std::vector<std::string>{kMetric});
  for (auto& row : run.rows) row.erase(kMetric);
  EXPECT_EQ(score_metrics(std::vector<RunData>{run}), std::vector<std::string>{"episode/return"});
}

}  // namespace
}  // namespace foresight
