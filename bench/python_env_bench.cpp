// What a step of an environment in a worker process costs beyond the environment: fakes that do
// nothing (tests/env/python/fake_envs.py, Nothing), 24 observations and 6 actions, without and with
// a picture of 64 x 64 x 3 bytes. The time of an iteration is that of a step of all workers;
// `per_env_step` is that divided by the workers: actions to the workers, results copied and
// checked. Run: build/release/bench/python_env_bench; FORESIGHT_GYMNASIUM_PYTHON names the
// interpreter, else it is that of ./foresight env install gymnasium.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/home.h"
#include "env/python/python_env.h"
#include "env/vec_env.h"

namespace foresight {
namespace {

PythonEnvConfig nothing(bool has_picture) {
  PythonEnvConfig config;
  config.id = "fake_envs:Nothing";
  config.python_path = (home_folder() / "tests" / "env" / "python").string();
  const char* python = std::getenv("FORESIGHT_GYMNASIUM_PYTHON");
  if (python != nullptr) config.python = python;
  config.arguments.set("has_picture", {has_picture, ""});
  return config;
}

// range(0): workers, range(1): whether each has a picture.
void python_envs(benchmark::State& state) {
  try {
    std::vector<std::unique_ptr<Env>> workers;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      workers.push_back(std::make_unique<PythonEnv>(nothing(state.range(1) != 0)));
    }
    VecEnv envs(std::move(workers), {.seed = 1});
    envs.reset();
    std::ranges::fill(envs.actions(), 0.5f);
    for (int i = 0; i < 100; ++i) envs.step();
    for (auto _ : state) envs.step();
    state.counters["per_env_step"] =
        benchmark::Counter(static_cast<double>(state.range(0) * state.iterations()),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  } catch (const Error& problem) {
    state.SkipWithError(problem.what());
  }
}
BENCHMARK(python_envs)
    ->ArgNames({"workers", "picture"})
    ->ArgsProduct({{1, 2, 4, 8}, {0, 1}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace foresight

BENCHMARK_MAIN();
