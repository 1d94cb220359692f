// Steps per second of the hockey game on one core, random actions on both sides, both observations
// taken: the faithful game, and N games behind one set of buffers.
// Run: build/release/bench/hockey_bench. `items_per_second` are game steps.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "env/hockey/basic_opponent.h"
#include "env/hockey/hockey_env.h"
#include "env/hockey/hockey_game.h"
#include "env/vec_env.h"

namespace foresight {
namespace {

// Drawn beforehand: the clock shall see the game, not the random numbers.
template <typename Number>
std::vector<Number> random_actions(std::size_t size) {
  Rng rng(1, "bench");
  std::vector<Number> actions(size);
  for (auto& action : actions) action = static_cast<Number>(rng.uniform(-1.0, 1.0));
  return actions;
}

void faithful_game(benchmark::State& state) {
  constexpr std::size_t kNumActions = 1 << 12;
  const auto actions = random_actions<double>(8 * kNumActions);
  HockeyGame game(HockeyMode::kNormal, /*keep_mode=*/true, std::uint64_t{0});
  std::array<double, HockeyGame::kMaxObservationDim> left;
  std::array<double, HockeyGame::kMaxObservationDim> right;
  std::uint64_t seed = 0;
  std::size_t step = 0;
  for (auto _ : state) {
    game.step(std::span(actions).subspan(8 * (step++ % kNumActions), 8));
    game.observe(HockeySide::kLeft, std::span<double>(left));
    game.observe(HockeySide::kRight, std::span<double>(right));
    benchmark::DoNotOptimize(left);
    benchmark::DoNotOptimize(right);
    benchmark::DoNotOptimize(game.reward(HockeySide::kLeft));
    if (game.done()) game.reset(std::nullopt, ++seed);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(faithful_game)->Unit(benchmark::kMicrosecond);

// range(0): games, range(1): threads.
void vectorised(benchmark::State& state) {
  std::vector<std::unique_ptr<Env>> games;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    games.push_back(std::make_unique<HockeyEnv>(HockeyEnvConfig{}));
  }
  VecEnv envs(std::move(games), {.seed = 1, .num_threads = state.range(1)});
  envs.reset();
  constexpr std::size_t kNumSets = 64;
  const std::size_t size = envs.actions().size();
  const auto actions = random_actions<float>(kNumSets * size);
  std::size_t step = 0;
  for (auto _ : state) {
    std::ranges::copy(std::span(actions).subspan(size * (step++ % kNumSets), size),
                      envs.actions().begin());
    envs.step();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(vectorised)
    ->Args({64, 1})
    ->Args({64, 2})
    ->Args({1024, 1})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

// Two strong bots: rackets and puck touch most of the time, which is what the engine finds hard.
void strong_against_strong(benchmark::State& state) {
  HockeyGame game(HockeyMode::kNormal, /*keep_mode=*/true, std::uint64_t{0});
  std::array bots{BasicOpponent(OpponentStrength::kStrong, true, 1),
                  BasicOpponent(OpponentStrength::kStrong, true, 2)};
  std::array<double, HockeyGame::kMaxObservationDim> observation;
  std::array<double, 8> actions;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    for (const auto side : {HockeySide::kLeft, HockeySide::kRight}) {
      const auto index = static_cast<std::size_t>(side);
      game.observe(side, std::span<double>(observation));
      const auto action = bots[index].act(std::span<const double>(observation));
      std::ranges::copy(action, actions.begin() + 4 * index);
    }
    game.step(actions);
    if (game.done()) game.reset(std::nullopt, ++seed);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(strong_against_strong)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace foresight

BENCHMARK_MAIN();
