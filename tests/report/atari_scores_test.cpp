#include "report/atari_scores.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"

namespace foresight {
namespace {

struct Published {
  const char* agent;
  double gamer_median;
  double gamer_mean;
  double record_mean;
  double clipped_record_mean;
};

// Hafner et al. 2021, table 1, and the same of the others.
TEST(AtariScores, ThePublishedAggregatesComeOutOfThePerGameScores) {
  const AtariTable table =
      read_atari_table(FORESIGHT_SOURCE_DIR "/configs/dreamerv2/atari-scores.csv");
  EXPECT_EQ(table.references.size(), 55u);
  for (const Published& published :
       {Published{"dreamerv2", 2.15, 42.26, 0.438, 0.280},
        Published{"rainbow", 1.47, 9.95, 0.172, 0.172}, Published{"iqn", 1.29, 11.27, 0.211, 0.209},
        Published{"c51", 1.09, 8.25, 0.150, 0.150}, Published{"dqn", 0.65, 3.28, 0.123, 0.123}}) {
    const AtariAggregate ours = aggregate(table, table.scores.at(published.agent));
    EXPECT_EQ(ours.num_games, 55) << published.agent;
    EXPECT_NEAR(ours.gamer_median, published.gamer_median, 0.0051) << published.agent;
    EXPECT_NEAR(ours.gamer_mean, published.gamer_mean, 0.0051) << published.agent;
    EXPECT_NEAR(ours.record_mean, published.record_mean, 0.00051) << published.agent;
    EXPECT_NEAR(ours.clipped_record_mean, published.clipped_record_mean, 0.00051)
        << published.agent;
  }
}

using AtariScoreFiles = ScratchFolder;

TEST_F(AtariScoreFiles, SayWhereTheyAreWrong) {
  const auto refusal = [&](const std::string& text) {
    const auto path = write("scores.csv", text);
    return error_of([&] { read_atari_table(path); });
  };
  EXPECT_NE(refusal("game,random\n").find("scores.csv:1: expected game,random,human,record"),
            std::string::npos);
  const std::string head = "game,random,human,record,mine\n";
  EXPECT_NE(refusal(head + "pong,0,1,2\n").find("scores.csv:2: 4 cells, expected 5"),
            std::string::npos);
  EXPECT_NE(refusal(head + "pong,0,x,2,3\n").find("\"x\" is no number"), std::string::npos);
  EXPECT_NE(refusal(head + "pong,1,1,2,3\n").find("no scale"), std::string::npos);
  EXPECT_NE(refusal(head + "pong,0,1,2,3\npong,0,1,2,3\n").find("twice"), std::string::npos);
  AtariTable table;
  EXPECT_NE(error_of([&] { aggregate(table, {{"pong", 1.0}}); }).find("pong"), std::string::npos);
}

}  // namespace
}  // namespace foresight
