// Keeping what an agent saw, and training from it alone: the loop's side.
#include "train/recorded_data.h"

#include <gtest/gtest.h>

#include "io/scratch_folder.h"
#include "replay/dataset_folder.h"
#include "train/experiments.h"
#include "train/metric_history.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

const std::string kPointMass = R"(
name = "test"
[env]
id = "point_mass"
max_steps = 25
[agent]
id = "random"
[train]
steps = 200
num_games = 2
seed_steps = 10
log_every_steps = 100
[eval]
every_steps = 0
games = 2
)";

// Small enough to be over in a second.
const std::string kSmallAgent = R"(
[agent]
id = "tdmpc2"
[agent.model]
latent_dim = 16
encoder_hidden = [16]
dynamics_hidden = [16]
reward_hidden = [16]
policy_hidden = [16]
q_hidden = [16]
num_q = 2
num_bins = 11
[agent.planner]
num_samples = 16
num_elites = 4
num_policy_samples = 4
iterations = 2
[agent.learner]
batch_size = 16
[train]
steps = 30
log_every_steps = 10
threads = 1
[eval]
every_steps = 15
games = 2
)";

const std::string kFromData = R"(
name = "offline"
[env]
id = "point_mass"
max_steps = 25
)" + kSmallAgent;

const std::string kSeveralTasks = R"(
name = "several"
[env]
id = "multitask"
tasks = "dmcontrol/pendulum-swingup, dmcontrol/cartpole-balance"
task = ""
)" + kSmallAgent;

class RecordedDataTest : public ScratchFolder {
 protected:
  std::filesystem::path train(const Experiment& experiment, const std::string& name) const {
    const auto run = create_run_folder(experiment, "", folder_ / name, "test");
    Trainer(experiment, run).run();
    return run;
  }
};

TEST_F(RecordedDataTest, KeepsEveryEpisodeAlsoWhenTheRunIsResumed) {
  const auto keep = std::string("train.save_replay=true");
  const auto whole = train(experiment_of(kPointMass, {keep}), "whole");
  const DatasetFolder data(recorded_folder(whole));
  EXPECT_EQ(data.episodes().size(), 8u);  // 200 steps in episodes of 25
  EXPECT_EQ(data.header().tasks.at(0).name, "point_mass");
  data.verify();
  // Stopped in the middle of episodes.
  const auto run = train(experiment_of(kPointMass, {keep, "train.steps=120"}), "halves");
  Trainer(experiment_of(kPointMass, {keep}), run, {.checkpoint = newest_checkpoint(run)}).run();
  EXPECT_EQ(read(rows_file(recorded_folder(run), 0)), read(rows_file(recorded_folder(whole), 0)));
  EXPECT_EQ(read(index_file(recorded_folder(run), 0)), read(index_file(recorded_folder(whole), 0)));
}

TEST_F(RecordedDataTest, TrainsFromDataAloneAndGoesOnFromACheckpoint) {
  const auto recorded = train(experiment_of(kPointMass, {"train.save_replay=true"}), "recorded");
  const std::string data = "data=" + recorded.string();  // the run stands for its replay/
  const auto whole = train(experiment_of(kFromData, {data}), "whole");
  const auto rows = read_metrics(whole);
  ASSERT_EQ(rows.size(), 4u);  // after 10, 15, 20 and 30 updates
  EXPECT_EQ(rows.back().at("train/updates"), 30.0);
  EXPECT_EQ(rows.back().at("train/episodes"), 0.0) << "no game is played";
  EXPECT_TRUE(rows.back().contains("eval/return"));
  const auto halves = train(experiment_of(kFromData, {data, "train.steps=15"}), "halves");
  Trainer(experiment_of(kFromData, {data}), halves, {.checkpoint = newest_checkpoint(halves)})
      .run();
  EXPECT_EQ(read(halves / "model" / "model.safetensors"),
            read(whole / "model" / "model.safetensors"));
}

TEST_F(RecordedDataTest, OneModelLearnsAndIsScoredOnSeveralTasks) {
  std::string data;
  for (const std::string task : {"pendulum-swingup", "cartpole-balance"}) {
    const auto run =
        train(experiment_of("[env]\nid = \"dmcontrol/" + task +
                            "\"\n[agent]\nid = \"random\"\n[eval]\ngames = 1\n[train]\n"
                            "steps = 500\nseed_steps = 100\nsave_replay = true\n"),
              task);
    data += (data.empty() ? "data=" : ",") + run.string();
  }
  const auto run =
      train(experiment_of(kSeveralTasks, {data, "train.steps=4", "eval.games=1"}), "several");
  const MetricValues row = read_metrics(run).back();
  const double pendulum = row.at("eval/pendulum-swingup/score");
  const double cartpole = row.at("eval/cartpole-balance/score");
  EXPECT_DOUBLE_EQ(pendulum, row.at("eval/pendulum-swingup/return") / 10.0);
  EXPECT_GT(cartpole, 1.0) << "a pole that begins upright is paid for a while";
  EXPECT_DOUBLE_EQ(row.at("eval/score"), (pendulum + cartpole) / 2.0);
  EXPECT_EQ(row.at("eval/tasks"), 2.0);
}

TEST_F(RecordedDataTest, SaysWhatIsWrongBeforeARunBegins) {
  const auto problem = [](const Experiment& experiment) {
    return error_of([&] { check_data(experiment); });
  };
  EXPECT_NE(problem(experiment_of(kFromData, {"data=/nowhere"})).find("no data set here"),
            std::string::npos);
  const auto recorded = train(experiment_of(kPointMass, {"train.save_replay=true"}), "recorded");
  const std::string data = "data=" + recorded.string();
  EXPECT_NE(problem(experiment_of(kPointMass, {data})).find("does not learn from recorded"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              experiment_of(kFromData, {data, "train.overlap=true"});
            }).find("train.overlap"),
            std::string::npos);
  EXPECT_NE(problem(experiment_of(kSeveralTasks, {"train.seed_steps=0"}))
                .find("none is chosen to be played"),
            std::string::npos);
}

}  // namespace
}  // namespace foresight
