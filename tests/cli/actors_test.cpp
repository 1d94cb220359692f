// Runs whose games are played by actor processes: what is finished is never lost and never counted
// twice, whoever dies.
#include <gtest/gtest.h>

#include "cli/small_run.h"
#include "env/python/processes.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

constexpr std::int64_t kLongestGame = 40;
constexpr std::int64_t kNumGames = 2;
constexpr double kUpdatesPerStep = 0.05;

class ActorsTest : public SmallRun {
 protected:
  // A small SAC run at hockey with two actors of two games each.
  std::vector<std::string> train(const std::vector<std::string>& overrides = {}) const {
    std::vector<std::string> words{"train",
                                   config(kSmallSacConfig),
                                   "train.actors=2",
                                   fmt::format("train.num_games={}", kNumGames),
                                   fmt::format("env.max_steps={}", kLongestGame),
                                   fmt::format("train.updates_per_step={}", kUpdatesPerStep),
                                   "train.steps=4000",
                                   "train.actor_lead_steps=100",
                                   "eval.every_steps=0",
                                   "eval.opponents.weak=1",
                                   "--run-dir",
                                   run_folder().string()};
    words.insert(words.end(), overrides.begin(), overrides.end());
    return words;
  }
  fs::path run_folder() const { return folder_ / "run"; }
  std::string log() const { return read(run_folder() / "log.txt"); }
  bool log_has(const std::string& text) const { return log().find(text) != std::string::npos; }

  nlohmann::json in_checkpoint(const char* file) const {
    return nlohmann::json::parse(read(newest_checkpoint() / file));
  }

  // Actors number their episodes without gaps, also across deaths: as many as the learner counted
  // mean that none was lost and none was counted twice.
  void expect_every_episode_once() const {
    const auto loop = in_checkpoint("loop.json");
    std::int64_t sum = 0;
    const auto actors = in_checkpoint("actors.json");
    for (const auto& [name, known] : actors.items()) {
      sum += known.at("last_number").get<std::int64_t>();
    }
    EXPECT_GT(sum, 0);
    EXPECT_EQ(loop.at("episodes").get<std::int64_t>(), sum) << said();
  }

  // Its words, each with a zero behind it.
  static std::string command_line(pid_t process) {
    return read("/proc/" + std::to_string(process) + "/cmdline");
  }
  // The actors of a learner; its other children have no such word.
  static std::vector<pid_t> actors_of(pid_t learner) {
    std::vector<pid_t> actors;
    for (const pid_t child : children_of(learner)) {
      if (command_line(child).find("--of-learner") != std::string::npos) actors.push_back(child);
    }
    return actors;
  }
  // False if the learner has no such actor.
  static bool kill_actor(pid_t learner, const std::string& name) {
    const auto words = fmt::format("--name{}{}{}", '\0', name, '\0');
    for (const pid_t actor : actors_of(learner)) {
      if (command_line(actor).find(words) != std::string::npos) return kill(actor, SIGKILL) == 0;
    }
    return false;
  }
  // Until a checkpoint has more steps than the random ones.
  bool wait_for_checkpoint() const {
    return wait_until([this] { return newest_checkpoint().filename() > "step_000000000700"; });
  }
  fs::path newest_checkpoint() const {
    fs::path newest;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(run_folder() / "checkpoints", ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("step_") && !name.ends_with(".unfinished")) {
        newest = std::max(newest, entry.path());
      }
    }
    return newest;
  }
};

TEST_F(ActorsTest, UpdatesKeepTheirRatioToStepsAndActorsDoNotRunAhead) {
  ASSERT_EQ(run(train()), 0) << said();
  const auto loop = in_checkpoint("loop.json");
  const double steps = loop.at("steps");
  const double updates = loop.at("updates");
  // From the episode on that ends behind the random steps.
  EXPECT_GE(updates, kUpdatesPerStep * (steps - 600.0) - 1.0);
  EXPECT_LE(updates, kUpdatesPerStep * (steps - 600.0 + kLongestGame) + 1.0);
  EXPECT_GE(steps, 4000.0);
  EXPECT_LE(steps, 4000.0 + kLongestGame);
  expect_every_episode_once();
  // What docs/cluster.md promises: the lead, and what the games of all actors hold.
  const double bound = 100.0 + 2.0 * 2.0 * kNumGames * kLongestGame;
  bool has_any = false;
  for (const auto& row : rows(run_folder())) {
    if (!row.contains("actors/steps_ahead")) continue;
    has_any = true;
    EXPECT_LE(row.at("actors/steps_ahead").get<double>(), bound);
  }
  EXPECT_TRUE(has_any);
}

TEST_F(ActorsTest, KillingActorsLosesNoFinishedEpisodeAndTheRunGoesOn) {
  const pid_t learner = start(train({"train.steps=1e9"}));
  ASSERT_TRUE(wait_for_checkpoint()) << said();
  for (int i = 0; i < 2; ++i) {
    // A while after the last death: three without an episode between would stop the run.
    pass(400);
    const auto name = fmt::format("actor{}", i);
    ASSERT_TRUE(kill_actor(learner, name)) << said();
    ASSERT_TRUE(wait_until([&] { return log_has(name + " died"); })) << said();
  }
  EXPECT_TRUE(log_has("killed by SIGKILL); it is started anew"));
  // Those that were started anew play on for thousands of steps.
  const auto steps = in_checkpoint("loop.json").at("steps").get<std::int64_t>() + 4000;
  const auto later = fmt::format("step_{:012}", steps);
  ASSERT_TRUE(wait_until([&] { return newest_checkpoint().filename() > later; })) << said();
  kill(learner, SIGTERM);
  EXPECT_EQ(wait_for(learner), 128 + SIGTERM) << said();
  expect_every_episode_once();
}

TEST_F(ActorsTest, AStoppedRunGoesOnAndNoEpisodeIsLostBetween) {
  const pid_t learner = start(train({"train.steps=1e9"}));
  ASSERT_TRUE(wait_for_checkpoint()) << said();
  kill(learner, SIGTERM);
  EXPECT_EQ(wait_for(learner), 128 + SIGTERM) << said();
  const auto steps = in_checkpoint("loop.json").at("steps").get<std::int64_t>();
  ASSERT_EQ(run({"resume", run_folder().string(), fmt::format("train.steps={}", steps + 6000)}), 0)
      << said();
  EXPECT_GE(in_checkpoint("loop.json").at("steps").get<std::int64_t>(), steps + 6000);
  expect_every_episode_once();
}

TEST_F(ActorsTest, AKilledLearnerLeavesNoActorBehindAndGoesOnFromItsCheckpoint) {
  const pid_t learner = start(train({"train.steps=1e9"}));
  ASSERT_TRUE(wait_for_checkpoint()) << said();
  std::vector<int> handles;
  for (const pid_t actor : actors_of(learner)) handles.push_back(open_process(actor));
  EXPECT_EQ(handles.size(), 2u);
  kill(learner, SIGKILL);
  EXPECT_EQ(wait_for(learner), -1);
  for (const int handle : handles) EXPECT_TRUE(ends(handle));
  const auto steps = in_checkpoint("loop.json").at("steps").get<std::int64_t>();
  EXPECT_EQ(run({"resume", run_folder().string(), fmt::format("train.steps={}", steps + 4000)}), 0)
      << said();
  // And on with games of its own, and back.
  EXPECT_EQ(run({"resume", run_folder().string(), fmt::format("train.steps={}", steps + 5000),
                 "train.actors=0"}),
            0)
      << said();
  EXPECT_EQ(run({"resume", run_folder().string(), fmt::format("train.steps={}", steps + 6000),
                 "train.actors=1"}),
            0)
      << said();
}

TEST_F(ActorsTest, AnActorThatDiesThreeTimesInARowStopsTheRun) {
  const pid_t learner = start(train({"train.steps=1e9"}));
  int status = 0;
  EXPECT_TRUE(wait_until([&] {
    for (const pid_t actor : actors_of(learner)) kill(actor, SIGKILL);
    return waitpid(learner, &status, WNOHANG) == learner;
  }));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_NE(said().find("3 deaths in a row"), std::string::npos) << said();
}

TEST_F(ActorsTest, OneStartedByHandPlaysAlongIfItKnowsTheToken) {
  const pid_t learner = start(train({"train.steps=1e9", "train.actor_address=127.0.0.1:0"}));
  ASSERT_TRUE(wait_for_checkpoint()) << said();
  // The address, as its own actors were given it.
  const auto actors = actors_of(learner);
  ASSERT_FALSE(actors.empty());
  const std::string line = command_line(actors[0]);
  const auto begin = line.find("127.0.0.1:");
  ASSERT_NE(begin, std::string::npos);
  const std::string address = line.c_str() + begin;
  setenv("FORESIGHT_ACTOR_TOKEN", "a guess", 1);
  EXPECT_EQ(run({"actor", address, "--spool", (folder_ / "spool").string()}), 2);
  EXPECT_NE(said().find("its token is wrong"), std::string::npos) << said();
  setenv("FORESIGHT_ACTOR_TOKEN", read(run_folder() / "actors" / "token").c_str(), 1);
  const pid_t outside =
      start({"actor", address, "--name", "outside", "--spool", (folder_ / "spool").string()});
  EXPECT_TRUE(wait_until([&] { return log_has("outside plays"); })) << said();
  pass(500);
  kill(learner, SIGTERM);
  EXPECT_EQ(wait_for(learner), 128 + SIGTERM) << said();
  EXPECT_EQ(wait_for(outside), 0) << said();
  EXPECT_NE(said().find("the run is over"), std::string::npos);
  unsetenv("FORESIGHT_ACTOR_TOKEN");
}

TEST_F(ActorsTest, WhatDoesNotGoTogetherIsRefusedBeforehand) {
  EXPECT_EQ(run(train({"train.overlap=true", "train.actor_address=here"})), 2);
  EXPECT_NE(said().find("train.overlap: actors"), std::string::npos) << said();
  EXPECT_NE(said().find("train.actor_address: expected HOST:PORT, found \"here\""),
            std::string::npos);
  EXPECT_FALSE(fs::exists(run_folder()));
}

}  // namespace
}  // namespace foresight
