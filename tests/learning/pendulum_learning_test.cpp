// A tiny TD-MPC2 agent learns a Gymnasium environment through Python workers, one of which is
// killed on the way.
#include <gtest/gtest.h>

#include <thread>

#include "agent/model_card.h"
#include "config/experiment_file.h"
#include "env/python/processes.h"
#include "env/python/python_envs.h"
#include "io/scratch_folder.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

// Random actions earn about -1200 in an episode; a pendulum held upright about -150.
constexpr double kStatedReturn = -600.0;

class PendulumLearning : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    FS_SKIP_WITHOUT_PYTHON();
  }

  static Experiment experiment() {
    const std::vector<std::string> overrides{"env.python=" + gymnasium_python(),
                                             "agent.device=cpu",
                                             "train.steps=6000",
                                             "eval.every_steps=0",
                                             "eval.games=10",
                                             "train.log_every_steps=100"};
    return resolve_experiment(
        load_config("gymnasium/pendulum", FORESIGHT_SOURCE_DIR "/configs", overrides));
  }

  static double last_return(const std::filesystem::path& run) {
    for (const auto& [name, value] : read_model_card(run / "model").results) {
      if (name == "eval/return") return value;
    }
    ADD_FAILURE() << "no evaluation";
    return 0.0;
  }
};

TEST_F(PendulumLearning, BeatsTheStatedReturnAlthoughAWorkerDies) {
  const Experiment pendulum = experiment();
  const auto run = create_run_folder(pendulum, folder_, folder_ / "run", "test");
  Trainer trainer(pendulum, run);
  std::thread killer([&] {
    // Once the first rows are written, the run is in full swing.
    const auto metrics = run / "metrics.jsonl";
    std::error_code not_yet;
    ASSERT_TRUE(
        wait_until([&] { return std::filesystem::file_size(metrics, not_yet) > 100 && !not_yet; }));
    const auto workers = children_of(getpid());
    ASSERT_FALSE(workers.empty());
    kill(workers.front(), SIGKILL);
  });
  EXPECT_EQ(trainer.run(), 0);
  killer.join();
  EXPECT_EQ(trainer.state().lost_episodes, 1);
  EXPECT_GT(trainer.state().updates, 0);
  EXPECT_NE(read(run / "log.txt").find("was killed by signal 9 (Killed)"), std::string::npos);
  EXPECT_GT(last_return(run), kStatedReturn);
}

}  // namespace
}  // namespace foresight
