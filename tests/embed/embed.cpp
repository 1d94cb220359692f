// Plays one game of hockey from a program outside of the tree: only installed headers and the
// library. With a model folder as argument that model plays, otherwise the random agent does.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "agent/model_card.h"
#include "env/env.h"

namespace {

std::unique_ptr<foresight::Agent> make_player(const char* folder, const foresight::EnvSpec& spec) {
  if (folder == nullptr) {
    return foresight::make_agent(foresight::parse_toml("id = \"random\"", "embed.cpp"), spec, 1);
  }
  return foresight::load_agent(folder, foresight::read_model_card(folder), spec);
}

int play(const char* folder) {
  const auto env = foresight::make_env(foresight::parse_toml("id = \"hockey\"", "embed.cpp"));
  const foresight::EnvSpec& spec = env->spec();
  const auto agent = make_player(folder, spec);
  const auto actor = agent->make_actor({.num_games = 1});

  // Both players' actions in one row; the other one stands still.
  std::vector<float> actions(static_cast<std::size_t>(spec.num_players * spec.action_dim), 0.0f);
  const std::span<float> own(actions.data(), static_cast<std::size_t>(spec.action_dim));
  std::uint8_t is_first = 1;
  int num_steps = 0;
  float largest = 0.0f;
  env->reset(1);
  for (bool over = false; !over; ++num_steps) {
    actor->act(env->observation(0), {&is_first, 1}, own);
    for (const float x : own) largest = std::max(largest, x);
    over = env->step(actions).over();
    is_first = 0;
  }
  std::printf("%s: a game of %d steps, %lld numbers observed\n", spec.id.c_str(), num_steps,
              static_cast<long long>(spec.observation_dim));
  return num_steps > 1 && largest > 0.0f ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return play(argc > 1 ? argv[1] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
