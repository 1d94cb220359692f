// Plans at every tick with a trained model: what a robot's program would hold. Built against the
// installed library, see tests/embed/CMakeLists.txt.
//   control_loop MODEL_FOLDER
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "agent/model_card.h"
#include "env/env.h"

int main(int argc, char** argv) {
  using namespace foresight;
  if (argc != 2) return std::fprintf(stderr, "usage: control_loop MODEL_FOLDER\n"), 2;
  const ModelCard card = read_model_card(argv[1]);
  const auto env = make_env(card.env);  // stands for the robot
  const EnvSpec& spec = env->spec();
  const auto agent = load_agent(argv[1], card, spec);
  const auto actor = agent->make_actor({.num_games = 1});

  env->reset(/*seed=*/1);
  std::vector<float> actions(spec.num_players * spec.action_dim, 0.0f);
  const std::span<float> own(actions.data(), spec.action_dim);
  std::vector<std::uint8_t> is_first{1};
  auto tick = std::chrono::steady_clock::now();
  for (bool is_over = false; !is_over;) {
    actor->act(env->observation(0), is_first, own);
    is_over = env->step(actions).over();
    is_first[0] = 0;
    std::this_thread::sleep_until(tick += std::chrono::milliseconds(20));
  }
  std::printf("the episode is over\n");
}
