// Plays hockey from a program outside of the tree: only installed headers and the library. With a
// model folder as argument, the model plays player 0; otherwise it stands still.
#include <cstdio>
#include <exception>
#include <vector>

#include "env/env.h"

int main() {
  try {
    const foresight::Table section = foresight::parse_toml("id = \"hockey\"", "embed.cpp");
    const auto env = foresight::make_env(section);
    const foresight::EnvSpec& spec = env->spec();
    const std::vector<float> actions(
        static_cast<std::size_t>(spec.num_players * spec.action_dim), 0.0f);
    env->reset(1);
    int num_steps = 0;
    for (bool over = false; !over; ++num_steps) over = env->step(actions).over();
    std::printf("%s: an episode of %d steps, %lld numbers observed\n", spec.id.c_str(), num_steps,
                static_cast<long long>(spec.observation_dim));
    return num_steps > 1 && env->observation(0).size() == 18 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
