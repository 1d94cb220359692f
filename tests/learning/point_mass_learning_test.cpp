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

// Random actions earn about 17, a trained agent about 90.
constexpr double kStatedReturn = 70.0;
// The same with a cost for every step before the goal: about -80 and -25.
constexpr double kStatedGoalReturn = -50.0;
const std::vector<std::string> kEndsAtGoal{"env.ends_at_goal=true",
                                           "agent.model.termination=latent"};
constexpr const char* kNoLearning = "agent.learner.learning_rate=0";

class PointMassLearning : public ScratchFolder {
 protected:
  // The mean return of 20 episodes after training.
  double trained_return(const std::vector<std::string>& changes) const {
    std::vector<std::string> overrides{"agent.device=cpu", "train.steps=5000", "eval.every_steps=0",
                                       "eval.games=20", "eval.parallel=20"};
    overrides.insert(overrides.end(), changes.begin(), changes.end());
    const Experiment experiment = resolve_experiment(
        load_config("toy/point_mass", FORESIGHT_SOURCE_DIR "/configs", overrides));
    const auto run = create_run_folder(experiment, folder_, folder_ / "run", "test");
    EXPECT_EQ(Trainer(experiment, run).run(), 0);
    for (const auto& [name, value] : read_model_card(run / "model").results) {
      if (name == "eval/return") return value;
    }
    ADD_FAILURE() << "no evaluation";
    return 0.0;
  }
};

TEST_F(PointMassLearning, BeatsTheStatedReturn) { EXPECT_GT(trained_return({}), kStatedReturn); }

TEST_F(PointMassLearning, DoesNotBeatItAtALearningRateOfZero) {
  EXPECT_LT(trained_return({kNoLearning}), kStatedReturn);
}

TEST_F(PointMassLearning, ReachesAGoalThatEndsTheEpisode) {
  EXPECT_GT(trained_return(kEndsAtGoal), kStatedGoalReturn);
}

TEST_F(PointMassLearning, DoesNotReachItAtALearningRateOfZero) {
  auto changes = kEndsAtGoal;
  changes.emplace_back(kNoLearning);
  EXPECT_LT(trained_return(changes), kStatedGoalReturn);
}

}  // namespace
}  // namespace foresight
