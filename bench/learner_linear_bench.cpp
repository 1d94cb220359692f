// A linear layer of the learner, forward and backward, against LibTorch's: the two take turns in
// one run, so that both see the same machine, with the same number of threads. Time is that of our
// layer; counters are medians in microseconds, `speedup` their ratio. OMP_WAIT_POLICY=passive keeps
// LibTorch's idle threads from taking our second core, FORESIGHT_THREADS says how many (default 1).
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "nn/compute_team.h"
#include "nn/linear.h"
#include "nn/torch.h"

namespace foresight {
namespace {

using Form = Tensor (*)(const Tensor&, const Tensor&, const Tensor&);
using Clock = std::chrono::steady_clock;

struct Layer {
  Tensor x, weight, bias, slope;
};

// Microseconds of one forward and backward pass with all gradients.
double time_pass(Form form, const Layer& layer) {
  const auto start = Clock::now();
  const Tensor y = form(layer.x, layer.weight, layer.bias);
  benchmark::DoNotOptimize(
      torch::autograd::grad({y}, {layer.x, layer.weight, layer.bias}, {layer.slope}));
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void compare(benchmark::State& state, const Layer& layer, Form ours, Form plain) {
  std::vector<double> our_times, plain_times;
  const char* wanted = std::getenv("FORESIGHT_THREADS");
  const int num_threads = wanted != nullptr ? std::max(std::atoi(wanted), 1) : 1;
  set_team_threads(num_threads);
  compute_team();                    // making a team leaves LibTorch one thread,
  at::set_num_threads(num_threads);  // which would be no fair race
  state.counters["threads"] = num_threads;
  for (auto _ : state) {
    our_times.push_back(time_pass(ours, layer));
    plain_times.push_back(time_pass(plain, layer));
    state.SetIterationTime(our_times.back() * 1e-6);
  }
  state.counters["ours_us"] = median(our_times);
  state.counters["libtorch_us"] = median(plain_times);
  state.counters["speedup"] = median(plain_times) / median(our_times);
}

void layer(benchmark::State& state) {
  const std::int64_t rows = state.range(0), inputs = state.range(1), outputs = state.range(2);
  torch::manual_seed(1);
  compare(state,
          {torch::randn({rows, inputs}).requires_grad_(),
           torch::randn({outputs, inputs}).requires_grad_(),
           torch::randn({outputs}).requires_grad_(), torch::randn({rows, outputs})},
          linear, linear_plain);
}
BENCHMARK(layer)
    ->ArgNames({"rows", "inputs", "outputs"})
    ->Args({768, 128, 128})
    ->Args({768, 512, 512})
    ->Args({256, 22, 128})
    ->Args({1024, 132, 128})
    ->Args({16, 128, 128})
    ->Args({1, 512, 512})
    ->UseManualTime();

// members, rows, inputs, outputs, and whether all members read the same rows.
void ensemble(benchmark::State& state) {
  const std::int64_t members = state.range(0), rows = state.range(1), inputs = state.range(2);
  const std::int64_t outputs = state.range(3);
  torch::manual_seed(1);
  const Tensor x =
      state.range(4) != 0 ? torch::randn({rows, inputs}) : torch::randn({members, rows, inputs});
  compare(
      state,
      {x.requires_grad_(), torch::randn({members, outputs, inputs}).requires_grad_(),
       torch::randn({members, outputs}).requires_grad_(), torch::randn({members, rows, outputs})},
      linear_ensemble, linear_ensemble_plain);
}
BENCHMARK(ensemble)
    ->ArgNames({"members", "rows", "inputs", "outputs", "shared"})
    ->Args({5, 768, 128, 128, 0})
    ->Args({5, 768, 512, 512, 0})
    ->Args({2, 1024, 132, 128, 1})
    ->Args({2, 1024, 128, 65, 0})
    ->UseManualTime();

}  // namespace
}  // namespace foresight

BENCHMARK_MAIN();
