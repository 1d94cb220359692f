// A tiny DreamerV2 agent learns a toy task through the one training loop, and does not if its
// learning rates are 0.
#include <gtest/gtest.h>

#include "agent/model_card.h"
#include "config/experiment_file.h"
#include "io/scratch_folder.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace foresight {
namespace {

// Random actions earn about 30, an agent that has learned about 60.
constexpr double kStatedReturn = 48.0;

class DreamerLearning : public ScratchFolder {
 protected:
  // The mean return of 20 episodes after training.
  double trained_return(const std::vector<std::string>& changes) const {
    std::vector<std::string> overrides{"eval.every_steps=0", "eval.games=20", "eval.parallel=20"};
    overrides.insert(overrides.end(), changes.begin(), changes.end());
    const Experiment experiment = resolve_experiment(
        load_config("dreamerv2/debug", FORESIGHT_SOURCE_DIR "/configs", overrides));
    const auto run = create_run_folder(experiment, folder_, folder_ / "run", "test");
    EXPECT_EQ(Trainer(experiment, run).run(), 0);
    for (const auto& [name, value] : read_model_card(run / "model").results) {
      if (name == "eval/return") return value;
    }
    ADD_FAILURE() << "no evaluation";
    return 0.0;
  }
};

TEST_F(DreamerLearning, BeatsTheStatedReturn) { EXPECT_GT(trained_return({}), kStatedReturn); }

TEST_F(DreamerLearning, DoesNotBeatItAtLearningRatesOfZero) {
  EXPECT_LT(trained_return({"agent.model_optimiser.learning_rate=0",
                            "agent.behaviour.actor_optimiser.learning_rate=0",
                            "agent.behaviour.critic_optimiser.learning_rate=0"}),
            kStatedReturn);
}

}  // namespace
}  // namespace foresight
