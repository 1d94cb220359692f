// What it costs to add up a gradient over ranks that share memory: TD-MPC2's of 5 and 48
// million parameters, over 2 and 4 ranks. `gradient` is bytes of one gradient a second.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "cluster/local_ranks.h"

namespace foresight {
namespace {

std::shared_ptr<RankBoard> board;

void sum_gradient(benchmark::State& state) {
  if (state.thread_index() == 0) board = std::make_shared<RankBoard>(state.threads());
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<float> gradient(count, 1.0f);
  std::unique_ptr<LocalRanks> ranks;
  for ([[maybe_unused]] auto _ : state) {
    // All threads begin here together, so the board is there.
    if (!ranks) {
      ranks = std::make_unique<LocalRanks>(board, state.thread_index(), [](const std::string&) {});
    }
    ranks->sum(gradient);
  }
  const double bytes = static_cast<double>(count * sizeof(float));
  state.counters["gradient"] = benchmark::Counter(
      bytes, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kAvgThreads);
}

BENCHMARK(sum_gradient)
    ->ArgName("floats")
    ->Arg(4'700'000)
    ->Arg(48'000'000)
    ->Threads(2)
    ->Threads(4)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace foresight

BENCHMARK_MAIN();
