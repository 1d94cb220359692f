// Steps per second of DMControl tasks on one core: random actions, action repeat 2, observation and
// reward of every step, resets within. Run: build/release/bench/dmcontrol_bench. `items_per_second`
// are agent steps. Beside dm_control itself: bench/dm_control/compare.py.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "env/env.h"

namespace foresight {
namespace {

void random_play(benchmark::State& state, const std::string& id, const std::string& toml = "") {
  const auto env = EnvRegistry::instance().find(id, "environment").make(parse_toml(toml, "bench"));
  constexpr std::size_t kNumActions = 1 << 10;
  const auto size = static_cast<std::size_t>(env->spec().action_dim);
  Rng rng(1, "bench");
  std::vector<float> actions(kNumActions * size);  // drawn beforehand
  for (float& action : actions) action = static_cast<float>(rng.uniform(-1.0, 1.0));
  std::uint64_t seed = 0;
  std::size_t step = 0;
  env->reset(seed);
  for (auto _ : state) {
    const auto result =
        env->step(std::span<const float>(actions).subspan(step++ % kNumActions * size, size));
    benchmark::DoNotOptimize(result.reward);
    benchmark::DoNotOptimize(env->observation(0).data());
    if (result.over()) env->reset(++seed);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(random_play, cheetah_run, "dmcontrol/cheetah-run");
BENCHMARK_CAPTURE(random_play, walker_walk, "dmcontrol/walker-walk");
BENCHMARK_CAPTURE(random_play, humanoid_walk, "dmcontrol/humanoid-walk");
BENCHMARK_CAPTURE(random_play, quadruped_run, "dmcontrol/quadruped-run");
BENCHMARK_CAPTURE(random_play, dog_run, "dmcontrol/dog-run");
// From pictures of 64 x 64; MUJOCO_GL=egl or osmesa says by what they are drawn. Mesa has threads
// of its own: of the whole process, CPU time is what counts on a busy machine.
#define PIXELS_BENCH(name, id, toml) \
  BENCHMARK_CAPTURE(random_play, name, id, toml)->MeasureProcessCPUTime()->UseRealTime()
PIXELS_BENCH(walker_walk_pixels, "dmcontrol/walker-walk", "pixels = true");
PIXELS_BENCH(walker_walk_fast_pixels, "dmcontrol/walker-walk",
             "pixels = true\npicture_quality = \"fast\"");
PIXELS_BENCH(cartpole_swingup_pixels, "dmcontrol/cartpole-swingup", "pixels = true");
PIXELS_BENCH(cartpole_swingup_fast_pixels, "dmcontrol/cartpole-swingup",
             "pixels = true\npicture_quality = \"fast\"");

}  // namespace
}  // namespace foresight

BENCHMARK_MAIN();
