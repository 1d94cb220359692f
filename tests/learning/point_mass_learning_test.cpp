// A tiny TD-MPC2 agent learns a toy task through the one training loop, and does not if its
// learning rate is 0: what beats the stated return is learning, not the planner's luck.
#include <gtest/gtest.h>

#include "agent/model_card.h"
#include "config/experiment_file.h"
#include "io/scratch_folder.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

class PointMassLearning : public ScratchFolder {
 protected:
  // The mean return of 20 episodes after training.
  double trained_return(std::vector<std::string> overrides) const {
    overrides.insert(overrides.begin(), {"agent.device=cpu", "eval.every_steps=0", "eval.games=20",
                                         "eval.parallel=20"});
    const Experiment experiment = resolve_experiment(
        load_config("toy/point_mass", FORESIGHT_SOURCE_DIR "/configs", overrides));
    const auto run = create_run_folder(experiment, folder_, folder_ / "run", "test");
    EXPECT_EQ(Trainer(experiment, run, /*is_resumed=*/false, /*is_live=*/false).run(), 0);
    for (const auto& [name, value] : read_model_card(run / "model").results) {
      if (name == "eval/return") return value;
    }
    ADD_FAILURE() << "no evaluation";
    return 0.0;
  }
};

TEST_F(PointMassLearning, BeatsTheStatedReturn) { EXPECT_GT(trained_return({}), 60.0); }

TEST_F(PointMassLearning, LearnsNothingAtALearningRateOfZero) {
  EXPECT_LT(trained_return({"agent.learner.learning_rate=0"}), 60.0);
}

}  // namespace
}  // namespace foresight
