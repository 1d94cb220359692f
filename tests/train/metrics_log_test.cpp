#include "train/metrics_log.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

using MetricsLogTest = ScratchFolder;

TEST(MetricWindow, AveragesEachNameAndKeepsTheirOrder) {
  MetricWindow window;
  window.add("b", 1.0);
  window.add({{"a", 5.0}, {"b", 2.0}});
  const Metrics expected{{"b", 1.5}, {"a", 5.0}};
  EXPECT_EQ(window.take(), expected);
  EXPECT_TRUE(window.empty());
}

TEST_F(MetricsLogTest, WritesTheSameRowsTwice) {
  MetricsLog log(folder_, -1);
  log.write(10, 0.5, {{"loss", 2.0}});
  log.write(20, 1.0, {{"loss", 1.0}, {"win", 0.25}});
  EXPECT_EQ(read(folder_ / "metrics.jsonl"),
            "{\"step\": 10, \"time_s\": 0.5, \"loss\": 2}\n"
            "{\"step\": 20, \"time_s\": 1, \"loss\": 1, \"win\": 0.25}\n");
  EXPECT_EQ(read(folder_ / "metrics.csv"), "step,time_s,loss,win\n10,0.5,2,\n20,1,1,0.25\n");
}

TEST_F(MetricsLogTest, DropsTheRowsThatAResumedRunWillWriteAgain) {
  {
    MetricsLog log(folder_, -1);
    for (int step = 10; step <= 40; step += 10) log.write(step, 0.5, {{"loss", 2.0}});
  }
  MetricsLog log(folder_, 20);
  log.write(30, 0.75, {{"loss", 3.0}});
  EXPECT_EQ(read(folder_ / "metrics.csv"), "step,time_s,loss\n10,0.5,2\n20,0.5,2\n30,0.75,3\n");
  EXPECT_EQ(read(folder_ / "metrics.jsonl"),
            "{\"step\": 10, \"time_s\": 0.5, \"loss\": 2}\n"
            "{\"step\": 20, \"time_s\": 0.5, \"loss\": 2}\n"
            "{\"step\": 30, \"time_s\": 0.75, \"loss\": 3}\n");
}

}  // namespace
}  // namespace foresight
