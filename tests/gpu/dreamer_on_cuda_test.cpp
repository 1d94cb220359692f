// DreamerV2 on a CUDA device: updates recorded as graphs and not, against each other.
#include "agent/tiny_dreamer.h"
#include "gpu/on_cuda.h"

namespace foresight {
namespace {

class DreamerOnCuda : public OnCuda {};

struct Training {
  Training(bool graphs, const EnvSpec& env) : agent(config_with(graphs), env, 1) {
    Rng rng(5, "episodes");
    if (env.image) {
      feed_pictures(agent, env, 4, 12, rng);
    } else {
      feed(agent, 4, 12, rng);
    }
  }
  static DreamerConfig config_with(bool graphs) {
    DreamerConfig config = tiny_dreamer();
    config.device = "cuda";
    config.graphs = graphs;
    config.behaviour.reward_norm = {.momentum = 0.9, .scale = 0.5};
    return config;
  }
  Tensor weights() { return agent.learner().model_parameters().flat().cpu(); }
  Tensor policy() { return agent.learner().behaviour().actor_parameters().flat().cpu(); }
  DreamerAgent agent;
};

TEST_F(DreamerOnCuda, UpdatesReplayedAsAGraphEqualThoseStepByStep) {
  for (const EnvSpec& env : {tiny_env(), picture_env(3)}) {
    Training replayed(true, env);
    Training plain(false, env);
    for (int i = 0; i < 8; ++i) {
      replayed.agent.update();
      plain.agent.update();
      EXPECT_EQ(replayed.agent.learner().is_replayed(), i >= 2) << i;
      EXPECT_TRUE(is_close(replayed.weights(), plain.weights(), 1e-4)) << i;
      EXPECT_TRUE(is_close(replayed.policy(), plain.policy(), 1e-4)) << i;
    }
  }
}

}  // namespace
}  // namespace foresight
