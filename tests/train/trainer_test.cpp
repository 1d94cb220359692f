#include "train/trainer.h"

#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "agent/random/random_agent.h"
#include "io/scratch_folder.h"
#include "train/experiments.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

// An agent whose eleventh update goes wrong.
class DivergingAgent : public RandomAgent {
 public:
  using RandomAgent::RandomAgent;
  Metrics update() override {
    Metrics metrics = RandomAgent::update();
    if (num_updates() == 11) metrics[0].second = std::numeric_limits<double>::quiet_NaN();
    return metrics;
  }
};

class InterruptedAgent : public RandomAgent {
 public:
  using RandomAgent::RandomAgent;
  Metrics update() override {
    if (num_updates() == 20) std::raise(SIGTERM);
    return RandomAgent::update();
  }
};

[[maybe_unused]] const bool registered[] = {
    AgentRegistry::instance().add("diverging", agent_entry<DivergingAgent>("fake")),
    AgentRegistry::instance().add("interrupted", agent_entry<InterruptedAgent>("fake"))};

class TrainerTest : public ScratchFolder {
 protected:
  // Rows of metrics without what a clock measured.
  std::vector<nlohmann::json> rows(const std::filesystem::path& run) const {
    std::vector<nlohmann::json> result;
    std::ifstream in(run / "metrics.jsonl");
    for (std::string line; std::getline(in, line);) {
      nlohmann::json row;
      const auto parsed = nlohmann::json::parse(line);
      for (const auto& [name, value] : parsed.items()) {
        if (name != "time_s" && !name.starts_with("speed/")) row[name] = value;
      }
      result.push_back(row);
    }
    return result;
  }

  std::filesystem::path train(const Experiment& experiment, const std::string& name) const {
    const auto run = create_run_folder(experiment, "", folder_ / name, "test");
    Trainer(experiment, run).run();
    return run;
  }
};

const RandomAgent& random_agent(const Trainer& trainer) {
  return dynamic_cast<const RandomAgent&>(trainer.agent());
}

TEST_F(TrainerTest, CountsStepsUpdatesAndEpisodes) {
  const Experiment experiment = experiment_of(kCountdown);
  const auto run = create_run_folder(experiment, "", folder_ / "run", "test");
  Trainer trainer(experiment, run);
  EXPECT_EQ(trainer.run(), 0);
  EXPECT_EQ(trainer.state().steps, 100);
  EXPECT_EQ(random_agent(trainer).num_observed(), 100);
  EXPECT_EQ(trainer.state().episodes, 20);
  EXPECT_EQ(random_agent(trainer).num_episodes(), 20);
  // One a step from step 10 on, where the random steps end.
  EXPECT_EQ(random_agent(trainer).num_updates(), 92);
  const auto metrics = rows(run);
  ASSERT_EQ(metrics.size(), 5u + 1u);  // every 20 steps, and the last evaluation
  EXPECT_EQ(metrics[0]["episode/length"], 5.0);
  EXPECT_TRUE(metrics[1].contains("loss/nothing"));
  EXPECT_TRUE(metrics[5].contains("eval/return"));
}

TEST_F(TrainerTest, AccumulatesPartsOfUpdates) {
  const Experiment experiment =
      experiment_of(kCountdown, {"train.updates_per_step=0.3", "train.seed_steps=0"});
  Trainer trainer(experiment, create_run_folder(experiment, "", folder_ / "run", ""));
  trainer.run();
  EXPECT_EQ(random_agent(trainer).num_updates(), 30);
}

TEST_F(TrainerTest, MakesTheFirstUpdatesWhenTheRandomStepsAreOver) {
  const Experiment experiment =
      experiment_of(kCountdown, {"train.updates_per_step=0", "train.pretrain_updates=17"});
  Trainer trainer(experiment, create_run_folder(experiment, "", folder_ / "run", ""));
  trainer.run();
  EXPECT_EQ(random_agent(trainer).num_updates(), 17);
}

TEST_F(TrainerTest, OwesNoUpdatesForStepsBeforeTheAgentCanLearn) {
  const Experiment experiment = experiment_of(kCountdown, {"agent.first_update_step=60"});
  Trainer trainer(experiment, create_run_folder(experiment, "", folder_ / "run", ""));
  trainer.run();
  EXPECT_EQ(random_agent(trainer).num_updates(), 42);
}

TEST_F(TrainerTest, RefusesToOverlapForAnAgentThatCannot) {
  const Experiment experiment = experiment_of(kCountdown, {"train.overlap=true"});
  Trainer trainer(experiment, create_run_folder(experiment, "", folder_ / "run", ""));
  EXPECT_THROW(trainer.run(), Error);
}

TEST_F(TrainerTest, SharesTheGamesBetweenPlannerAndPolicy) {
  const Experiment experiment =
      experiment_of(kCountdown, {"train.num_games=4", "train.plan_share=0.25"});
  const auto run = train(experiment, "run");
  EXPECT_TRUE(std::filesystem::exists(newest_checkpoint(run) / "actor.json"));
  EXPECT_TRUE(std::filesystem::exists(newest_checkpoint(run) / "policy_actor.json"));
  const auto planned = train(experiment_of(kCountdown), "planned");
  EXPECT_FALSE(std::filesystem::exists(newest_checkpoint(planned) / "policy_actor.json"));
}

TEST_F(TrainerTest, EndsWhenItsTimeIsOver) {
  const Experiment experiment = experiment_of(kCountdown, {"train.time_limit_min=1e-9"});
  const auto run = create_run_folder(experiment, "", folder_ / "run", "");
  Trainer trainer(experiment, run);
  EXPECT_EQ(trainer.run(), 0);
  EXPECT_LT(trainer.state().steps, 100);
  EXPECT_TRUE(std::filesystem::exists(run / "model" / "model.json"));
}

TEST_F(TrainerTest, GoesThroughThePhases) {
  const auto run = train(experiment_of(kCountdown + R"(
[[curriculum]]
episodes = 4
[[curriculum]]
steps = 36
env = { num_steps = 3 }
[[curriculum]]
env = { num_steps = 2 }
)"),
                         "run");
  const std::string log = read(run / "log.txt");
  EXPECT_NE(log.find("phase 2 of 3 begins at step 20"), std::string::npos);
  EXPECT_NE(log.find("phase 3 of 3 begins at step 56"), std::string::npos);
  const auto metrics = rows(run);
  EXPECT_EQ(metrics[1]["episode/length"], 3.0);
  EXPECT_EQ(metrics[4]["episode/length"], 2.0);
}

TEST_F(TrainerTest, GivesTheSameNumbersForTheSameSeed) {
  const auto first = rows(train(experiment_of(kHockey), "first"));
  const auto second = rows(train(experiment_of(kHockey), "second"));
  const auto threads = rows(train(experiment_of(kHockey, {"train.env_threads=3"}), "threads"));
  const auto other = rows(train(experiment_of(kHockey, {"seed=2"}), "other"));
  ASSERT_GE(first.size(), 4u);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, threads);
  EXPECT_NE(first, other);
}

TEST_F(TrainerTest, LeavesACompleteRunFolder) {
  const auto run = train(experiment_of(kHockey), "run");
  for (const char* name : {"config.toml", "run.json", "machine.json", "log.txt", "metrics.csv",
                           "metrics.jsonl", "model/model.json", "best/model.json"}) {
    EXPECT_TRUE(std::filesystem::exists(run / name)) << name;
  }
  const ModelCard card = read_model_card(run / "model");
  EXPECT_EQ(card.steps, 2000);
  EXPECT_EQ(id_of(card.agent), "random");
  EXPECT_EQ(id_of(card.env), "hockey");
  EXPECT_EQ(card.results.size(), 6u);  // return, length and win rate against two
}

TEST_F(TrainerTest, GoesOnFromACheckpoint) {
  const Experiment half = experiment_of(kCountdown, {"train.steps=50"});
  const auto run = train(half, "run");
  const Experiment whole = experiment_of(kCountdown);
  Trainer trainer(whole, run, {.checkpoint = newest_checkpoint(run)});
  EXPECT_EQ(trainer.state().steps, 50);
  EXPECT_EQ(random_agent(trainer).num_updates(), 42);
  trainer.run();
  EXPECT_EQ(trainer.state().steps, 100);
  EXPECT_EQ(random_agent(trainer).num_updates(), 92);
  EXPECT_EQ(rows(run).back()["step"], 100);
}

TEST_F(TrainerTest, GoesOnWithTheGamesInProgressAsIfNeverStopped) {
  const auto whole = rows(train(experiment_of(kHockey), "whole"));
  // Stopped where an evaluation is due in any case, in the middle of games.
  const auto run = train(experiment_of(kHockey, {"train.steps=1000"}), "halves");
  Trainer trainer(experiment_of(kHockey), run, {.checkpoint = newest_checkpoint(run)});
  trainer.run();
  EXPECT_EQ(rows(run), whole);
}

TEST_F(TrainerTest, KeepsTheNewestCheckpoints) {
  const auto run = train(
      experiment_of(kCountdown, {"train.checkpoint_every_min=1e-6", "train.keep_checkpoints=3"}),
      "run");
  const auto kept = checkpoints_of(run);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept.back().step, 100);
  for (const Checkpoint& checkpoint : kept) EXPECT_NO_THROW(verify_checkpoint(checkpoint.folder));
}

TEST_F(TrainerTest, ForgetsALaterPastWhenItGoesOnFromAnEarlierCheckpoint) {
  const auto run = train(experiment_of(kCountdown, {"train.checkpoint_every_min=1e-6"}), "run");
  const auto kept = checkpoints_of(run);
  Trainer trainer(experiment_of(kCountdown), run, {.checkpoint = kept.front().folder});
  EXPECT_EQ(checkpoints_of(run).size(), 1u);
  trainer.run();
  EXPECT_EQ(rows(run), rows(train(experiment_of(kCountdown), "undisturbed")));
}

TEST_F(TrainerTest, StopsAtALossThatIsNotANumberAndSaysWhere) {
  const Experiment experiment = experiment_of(kCountdown, {"agent.id=diverging"});
  const std::string text = error_of([&] { train(experiment, "run"); });
  EXPECT_EQ(text.find("at step 20 (update 10): loss/nothing is nan"), 0u) << text;
}

TEST_F(TrainerTest, SavesAndLeavesWhenASignalComes) {
  const Experiment experiment = experiment_of(kCountdown, {"agent.id=interrupted"});
  const auto run = create_run_folder(experiment, "", folder_ / "run", "");
  Trainer trainer(experiment, run);
  EXPECT_EQ(trainer.run(), SIGTERM);
  EXPECT_EQ(trainer.state().steps, 30);
  EXPECT_EQ(read_loop_state(newest_checkpoint(run)).steps, 30);
  EXPECT_NE(read(run / "log.txt").find("go on with: foresight resume"), std::string::npos);
}

}  // namespace
}  // namespace foresight
