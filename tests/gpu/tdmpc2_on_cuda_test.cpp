// TD-MPC2 on a CUDA device: recorded as graphs and not, against each other and against the CPU.
#include "agent/tdmpc2/tdmpc2_actor.h"
#include "agent/tiny_agents.h"
#include "gpu/on_cuda.h"

namespace foresight {
namespace {

class Tdmpc2OnCuda : public OnCuda {};

Tdmpc2Config config_on(const char* device, bool graphs) {
  Tdmpc2Config config = tiny_config();
  config.device = device;
  config.scorer = "tensor";
  config.graphs = graphs;
  config.learner.graphs = graphs;
  return config;
}

struct Training {
  explicit Training(const Tdmpc2Config& config) : agent(config, tiny_env(), 1) {
    Rng rng(5, "episodes");
    feed(agent, 4, 12, rng);
  }
  Tensor weights() { return agent.model().model_parameters().flat().cpu(); }
  Tdmpc2Agent agent;
};

TEST_F(Tdmpc2OnCuda, UpdatesReplayedAsAGraphEqualThoseStepByStep) {
  Training replayed(config_on("cuda", true));
  Training plain(config_on("cuda", false));
  for (int i = 0; i < 8; ++i) {
    replayed.agent.update();
    plain.agent.update();
    EXPECT_EQ(replayed.agent.learner().is_replayed(), i >= 2) << i;
    EXPECT_TRUE(is_close(replayed.weights(), plain.weights(), 1e-4)) << i;
  }
}

TEST_F(Tdmpc2OnCuda, UpdatesEqualTheCpus) {
  Training there(config_on("cuda", true));
  Training here(config_on("cpu", true));
  for (int i = 0; i < 5; ++i) {
    there.agent.update();
    here.agent.update();
  }
  EXPECT_TRUE(is_close(there.weights(), here.weights(), 1e-3));
}

TEST_F(Tdmpc2OnCuda, PlansReplayedAsAGraphEqualThoseStepByStepAndTheCpus) {
  Training replayed(config_on("cuda", true));
  Training plain(config_on("cuda", false));
  Training here(config_on("cpu", true));
  const ActorOptions options{.num_games = 3, .seed = 4};
  const auto first = replayed.agent.make_actor(options);
  const auto second = plain.agent.make_actor(options);
  const auto third = here.agent.make_actor(options);
  for (int i = 0; i < 6; ++i) {
    const auto actions = act_once(*first, 3, i == 0);
    const auto expected = act_once(*second, 3, i == 0);
    const auto on_cpu = act_once(*third, 3, i == 0);
    for (std::size_t j = 0; j < actions.size(); ++j) {
      EXPECT_NEAR(actions[j], expected[j], 1e-4) << i;
      EXPECT_NEAR(actions[j], on_cpu[j], 1e-2) << i;
    }
  }
}

// A recorded plan reads the weights where they lie, so it follows the updates.
TEST_F(Tdmpc2OnCuda, ReplayedPlansUseTheWeightsOfTheLastUpdate) {
  Training training(config_on("cuda", true));
  const auto actor = training.agent.make_actor({.num_games = 2, .seed = 4});
  for (int i = 0; i < 4; ++i) act_once(*actor, 2, true);
  Training untouched(config_on("cuda", false));
  const auto other = untouched.agent.make_actor({.num_games = 2, .seed = 4});
  for (int i = 0; i < 4; ++i) act_once(*other, 2, true);
  for (int i = 0; i < 20; ++i) training.agent.update();
  EXPECT_NE(act_once(*actor, 2, true), act_once(*other, 2, true));
}

}  // namespace
}  // namespace foresight
