#include "train/rank_share.h"

#include <gtest/gtest.h>

#include "agent/agent.h"
#include "io/scratch_folder.h"
#include "train/experiments.h"

namespace foresight {
namespace {

// One of `size`, for questions that need no answer from the others.
class Seated : public SingleRank {
 public:
  Seated(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }

 private:
  int rank_;
  int size_;
};

const std::vector<std::string> kTdmpc2{"agent.id=tdmpc2", "agent.model.termination=latent",
                                       "agent.planner.horizon=3"};

Experiment tdmpc2(std::vector<std::string> overrides) {
  overrides.insert(overrides.begin(), kTdmpc2.begin(), kTdmpc2.end());
  return experiment_of(kCountdown, overrides);
}

std::int64_t number(const Experiment& experiment, const char* section, const char* key) {
  const auto& table = std::get<Table>(experiment.config.agent.find(section)->data);
  return std::get<std::int64_t>(table.find(key)->data);
}

TEST(RankShare, GamesBatchAndReplayAreSharedOut) {
  const Experiment whole = tdmpc2({"ranks=2", "agent.replay.capacity=1000"});
  const Experiment share = share_of(whole, Seated(1, 2), 1);
  EXPECT_EQ(share.config.train.num_games, whole.config.train.num_games / 2);
  EXPECT_EQ(number(share, "learner", "batch_size"), number(whole, "learner", "batch_size") / 2);
  EXPECT_EQ(number(share, "replay", "capacity"), 500);
  EXPECT_EQ(share.config.train.steps, whole.config.train.steps);
}

TEST(RankShare, StreamsHaveSeedsOfTheirOwnAndTheFirstThatOfTheRun) {
  const Experiment whole = tdmpc2({"ranks=2"});
  const auto seed = [&](std::uint64_t stream) {
    return share_of(whole, Seated(0, 2), stream).config.seed;
  };
  EXPECT_EQ(seed(0), whole.config.seed);
  EXPECT_NE(seed(1), whole.config.seed);
  EXPECT_NE(seed(1), seed(2));
  EXPECT_EQ(seed(1), seed(1));
  EXPECT_GE(seed(1), 0);
}

TEST(RankShare, WhatDoesNotDivideIsRefusedWithBothNumbers) {
  const auto refuse = [](std::vector<std::string> overrides, const std::string& part) {
    const std::string error = error_of([&] { tdmpc2(std::move(overrides)); });
    EXPECT_NE(error.find(part), std::string::npos) << error;
  };
  refuse({"ranks=4"}, "train.num_games = 2 cannot be shared out over ranks = 4");
  refuse({"ranks=2", "agent.learner.batch_size=31"},
         "agent.learner.batch_size = 31 cannot be shared out over ranks = 2");
}

TEST(RankShare, SequencesAreSharedOutWhereTheReplayNamesTheirNumber) {
  const std::vector<std::string> dreamer{"agent.id=dreamerv2", "agent.inputs=vector",
                                         "agent.replay.min_episode_steps=3"};
  const auto with = [&](const std::string& batch) {
    auto overrides = dreamer;
    overrides.insert(overrides.end(), {"ranks=2", "agent.replay.batch_size=" + batch});
    return experiment_of(kCountdown, overrides);
  };
  const Experiment share = share_of(with("6"), Seated(1, 2), 1);
  EXPECT_EQ(number(share, "replay", "batch_size"), 3);
  const std::string error = error_of([&] { with("5"); });
  EXPECT_NE(error.find("agent.replay.batch_size = 5 cannot be shared out over ranks = 2"),
            std::string::npos)
      << error;
}

TEST(RankShare, AnAgentThatCannotJoinIsRefused) {
  AgentEntry entry = AgentRegistry::instance().find("random", "agent");
  entry.can_join = false;
  entry.resolve = [](const Table& section, const EnvSpec&, ConfigProblems&) { return section; };
  AgentRegistry::instance().add("loner", entry);
  const std::string error =
      error_of([] { experiment_of(kCountdown, {"agent.id=loner", "ranks=2"}); });
  EXPECT_NE(error.find("the agent loner learns in one process only; set ranks = 1"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace foresight
