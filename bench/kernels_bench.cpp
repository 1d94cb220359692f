// The CPU kernels next to what the machine can do: matrix rate against the peak of its multiply-add
// units, one plan's scoring at the sizes that matter, packing, the training kernels.
// FORESIGHT_CPU=plain|avx2|avx512 chooses the instructions. Arguments named `threads` count them.
#include <benchmark/benchmark.h>

#include <cmath>
#include <deque>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "kernels/adam/adam.h"
#include "kernels/normed_activation/normed_activation.h"
#include "kernels/packed_linear/packed_linear.h"
#include "kernels/rollout/packed_rollout.h"
#include "kernels/two_hot/two_hot.h"

namespace foresight {
namespace {

std::vector<float> normal_floats(std::int64_t size, float scale = 1.0f) {
  Rng rng(7, "kernels bench");
  std::vector<float> values(static_cast<std::size_t>(size));
  rng.fill_normal(values);
  for (float& value : values) value *= scale;
  return values;
}

void count_flops(benchmark::State& state, double flops_per_iteration) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops_per_iteration * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

#if defined(__x86_64__)
// Sixteen chains of multiply-adds that never leave the registers.
#define FORESIGHT_FMA_LOOP(type, value)                                                        \
  type sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {}, sum4 = {}, sum5 = {}, sum6 = {}, sum7 = {}, \
       sum8 = {}, sum9 = {}, sum10 = {}, sum11 = {};                                           \
  const type a = value;                                                                        \
  for (std::int64_t i = 0; i < kChainSteps; ++i) {                                             \
    asm volatile(                                                                              \
        "vfmadd231ps %12, %12, %0\n\tvfmadd231ps %12, %12, %1\n\t"                             \
        "vfmadd231ps %12, %12, %2\n\tvfmadd231ps %12, %12, %3\n\t"                             \
        "vfmadd231ps %12, %12, %4\n\tvfmadd231ps %12, %12, %5\n\t"                             \
        "vfmadd231ps %12, %12, %6\n\tvfmadd231ps %12, %12, %7\n\t"                             \
        "vfmadd231ps %12, %12, %8\n\tvfmadd231ps %12, %12, %9\n\t"                             \
        "vfmadd231ps %12, %12, %10\n\tvfmadd231ps %12, %12, %11"                               \
        : "+v"(sum0), "+v"(sum1), "+v"(sum2), "+v"(sum3), "+v"(sum4), "+v"(sum5), "+v"(sum6),  \
          "+v"(sum7), "+v"(sum8), "+v"(sum9), "+v"(sum10), "+v"(sum11)                         \
        : "v"(a));                                                                             \
  }

constexpr std::int64_t kChainSteps = 100000;
constexpr std::int64_t kNumChains = 12;
typedef float Float16 __attribute__((vector_size(64)));
typedef float Float8 __attribute__((vector_size(32)));

__attribute__((target("avx512f"))) void fma_chains_avx512() {
  FORESIGHT_FMA_LOOP(Float16, Float16{} + 0.5f)
}
__attribute__((target("avx2,fma"))) void fma_chains_avx2() {
  FORESIGHT_FMA_LOOP(Float8, Float8{} + 0.5f)
}

void fma_peak(benchmark::State& state) {
  const CpuLevel level = cpu_level();
  if (level == CpuLevel::kPlain) {
    state.SkipWithError("no vector instructions chosen");
    return;
  }
  const int num_threads = static_cast<int>(state.range(0));
  ThreadTeam team(num_threads);
  for (auto _ : state) {
    team.run(num_threads, [&](std::int64_t, int) {
      level == CpuLevel::kAvx512 ? fma_chains_avx512() : fma_chains_avx2();
    });
  }
  const double width = level == CpuLevel::kAvx512 ? 16.0 : 8.0;
  count_flops(state, 2.0 * width * kNumChains * kChainSteps * num_threads);
}
BENCHMARK(fma_peak)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();
#endif

void linear_tile(benchmark::State& state) {
  const int num_threads = static_cast<int>(state.range(0));
  const std::int64_t num_rows = state.range(1);
  const std::int64_t width = state.range(2);
  const auto weight = normal_floats(width * width);
  const auto bias = normal_floats(width);
  PackedLinear linear;
  linear.reserve(width, width, cpu_level());
  for (std::int64_t panel = 0; panel < linear.num_panels(); ++panel) {
    linear.pack_panel(panel, weight.data(), bias.data());
  }
  ThreadTeam team(num_threads);
  const std::int64_t stride = spread_stride(linear.padded_outputs());
  std::deque<AlignedFloats> memory(static_cast<std::size_t>(2 * num_threads));
  for (AlignedFloats& floats : memory) {
    floats.reserve(num_rows * stride);
    std::fill_n(floats.data(), num_rows * stride, 0.5f);
  }
  for (auto _ : state) {
    team.run(num_threads, [&](std::int64_t task, int) {
      const auto i = static_cast<std::size_t>(2 * task);
      for (int repeat = 0; repeat < 8; ++repeat) {
        linear.forward({memory[i].data(), stride, num_rows, memory[i + 1].data(), stride});
      }
    });
  }
  count_flops(state, 16.0 * num_threads * static_cast<double>(num_rows * width * width));
}
BENCHMARK(linear_tile)
    ->ArgNames({"threads", "rows", "width"})
    ->Args({1, 64, 512})
    ->Args({2, 64, 512})
    ->Args({2, 122, 512})
    ->UseRealTime();

// A model of given sizes with random weights.
struct ModelSizes {
  std::int64_t latent_dim, hidden, num_hidden_layers, action_dim, horizon;
  bool is_hockey;
};

class Model {
 public:
  explicit Model(const ModelSizes& s) {
    options = {.latent_dim = s.latent_dim, .action_dim = s.action_dim};
    const std::int64_t za = s.latent_dim + s.action_dim;
    networks.dynamics = mlp(za, s, s.latent_dim, true);
    networks.dynamics.back().activation = Activation::kSimNorm;
    networks.reward = mlp(za, s, options.num_bins, false);
    networks.policy_trunk = mlp(s.latent_dim, s, 0, false);
    networks.policy_mean = layer(s.hidden, s.action_dim, false);
    networks.policy_log_std = layer(s.hidden, s.action_dim, false);
    for (int i = 0; i < 5; ++i) networks.q.push_back(mlp(za, s, options.num_bins, false));
    if (!s.is_hockey) return;
    options.termination = RolloutOptions::Termination::kProbability;
    options.last_action = RolloutOptions::LastAction::kMean;
    const bool is_large = s.latent_dim == 1024;
    const std::int64_t hidden = is_large ? 256 : 512;
    if (!is_large) options.termination_input = RolloutOptions::TerminationInput::kLatentAndAction;
    for (const auto& [in, out] : {std::pair{is_large ? s.latent_dim : za, hidden},
                                  {hidden, hidden},
                                  {hidden, std::int64_t{1}}}) {
      networks.termination.push_back(layer(in, out, false));
      networks.termination.back().activation = out > 1 ? Activation::kRelu : Activation::kNone;
    }
  }

  RolloutOptions options;
  RolloutNetworks networks;

 private:
  const float* numbers(std::int64_t size, float scale) {
    memory_.push_back(normal_floats(size, scale));
    return memory_.back().data();
  }
  LayerView layer(std::int64_t in, std::int64_t out, bool has_norm) {
    LayerView view{.weight = numbers(in * out, 1.0f / std::sqrt(static_cast<float>(in))),
                   .bias = numbers(out, 0.1f),
                   .num_inputs = in,
                   .num_outputs = out};
    if (has_norm) {
      view.norm_weight = numbers(out, 1.0f);
      view.norm_bias = numbers(out, 0.1f);
      view.activation = Activation::kMish;
    }
    return view;
  }
  MlpView mlp(std::int64_t in, const ModelSizes& s, std::int64_t out, bool has_last_norm) {
    MlpView view;
    for (std::int64_t i = 0; i < s.num_hidden_layers; ++i) {
      view.push_back(layer(i == 0 ? in : s.hidden, s.hidden, true));
    }
    if (out > 0) view.push_back(layer(s.hidden, out, has_last_norm));
    return view;
  }

  std::deque<std::vector<float>> memory_;
};

constexpr ModelSizes kOfficial5M{512, 512, 2, 6, 3, false};
constexpr ModelSizes kHockey1024{1024, 512, 3, 4, 9, true};
constexpr ModelSizes kHockey512{512, 512, 3, 4, 10, true};

// All that one plan asks of the model: proposals, then six iterations of scores.
void plan_scores(benchmark::State& state, const ModelSizes& sizes) {
  const Model model(sizes);
  const std::int64_t num_envs = state.range(1);
  const std::int64_t num_proposals = 24;
  const std::int64_t num_samples = 488;
  PackedRollout rollout(model.options, {static_cast<int>(state.range(0)), cpu_level()});
  rollout.pack(model.networks);
  const auto z0 = normal_floats(num_envs * sizes.latent_dim, 0.1f);
  const std::int64_t numbers = sizes.horizon * num_envs * sizes.action_dim;
  const auto proposal_eps = normal_floats(numbers * num_proposals);
  auto proposals = proposal_eps;
  const auto actions = normal_floats(numbers * num_samples, 0.5f);
  const auto eps = normal_floats(num_envs * 512 * sizes.action_dim);
  std::vector<float> values(static_cast<std::size_t>(num_envs * 512));
  const ScoreCall call{.num_samples = num_samples,
                       .actions = actions.data(),
                       .policy_eps = eps.data(),
                       .q_pair = {1, 3}};
  for (auto _ : state) {
    rollout.propose(num_envs, num_proposals, sizes.horizon, z0.data(), proposal_eps.data(),
                    proposals.data());
    rollout.begin(num_envs, num_proposals, sizes.horizon, z0.data(), proposals.data());
    for (int iteration = 0; iteration < 6; ++iteration) rollout.score(call, values.data());
  }
  benchmark::DoNotOptimize(values.data());
}
BENCHMARK_CAPTURE(plan_scores, official_5m, kOfficial5M)
    ->ArgNames({"threads", "envs"})
    ->Args({1, 1})
    ->Args({2, 1})
    ->Args({2, 16})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(plan_scores, hockey_1024, kHockey1024)
    ->ArgNames({"threads", "envs"})
    ->Args({2, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(plan_scores, hockey_512, kHockey512)
    ->ArgNames({"threads", "envs"})
    ->Args({2, 1})
    ->Args({2, 16})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void pack(benchmark::State& state) {
  const Model model(kOfficial5M);
  PackedRollout rollout(model.options, {static_cast<int>(state.range(0)), cpu_level()});
  for (auto _ : state) rollout.pack(model.networks);
  state.counters["MiB"] = static_cast<double>(rollout.memory_bytes()) / 1048576.0;
}
BENCHMARK(pack)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void normed_mish(benchmark::State& state) {
  const std::int64_t num_rows = 768;
  const std::int64_t width = 512;
  const auto x = normal_floats(num_rows * width);
  const auto weight = normal_floats(width);
  const NormedActivation op{.num_rows = num_rows,
                            .num_features = width,
                            .norm_weight = weight.data(),
                            .norm_bias = weight.data()};
  ThreadTeam team(static_cast<int>(state.range(0)));
  auto y = x;
  auto grad = x;
  std::vector<float> mean(768), rstd(768), grad_weight(512), grad_bias(512);
  std::vector<float> scratch(static_cast<std::size_t>(normed_activation_scratch(width)));
  const bool is_backward = state.range(1) != 0;
  normed_activation_forward(op, x.data(), y.data(), mean.data(), rstd.data(), team);
  for (auto _ : state) {
    if (is_backward) {
      normed_activation_backward(op,
                                 {x.data(), x.data(), mean.data(), rstd.data(), grad.data(),
                                  grad_weight.data(), grad_bias.data(), scratch.data()},
                                 team);
    } else {
      normed_activation_forward(op, x.data(), y.data(), mean.data(), rstd.data(), team);
    }
  }
  state.SetItemsProcessed(state.iterations() * num_rows * width);
}
BENCHMARK(normed_mish)
    ->ArgNames({"threads", "backward"})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({2, 0})
    ->Args({2, 1})
    ->UseRealTime();

void soft_cross_entropy(benchmark::State& state) {
  const auto logits = normal_floats(3840 * 101);
  const auto target = normal_floats(3840);
  auto grad = logits;
  std::vector<float> loss(3840);
  ThreadTeam team(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    two_hot_cross_entropy({}, 3840, logits.data(), target.data(), loss.data(), grad.data(), team);
  }
  state.SetItemsProcessed(state.iterations() * 3840);
}
BENCHMARK(soft_cross_entropy)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();

void adam(benchmark::State& state) {
  constexpr std::int64_t kSize = 5'000'000;
  auto parameter = normal_floats(kSize);
  const auto gradient = parameter;
  std::vector<float> first(kSize), second(kSize);
  ThreadTeam team(static_cast<int>(state.range(0)));
  const AdamSegment segment{parameter.data(), gradient.data(), first.data(), second.data(), kSize};
  for (auto _ : state) {
    benchmark::DoNotOptimize(sum_of_squares({&segment, 1}, cpu_level(), team));
    adam_step({&segment, 1}, {}, team);
  }
}
BENCHMARK(adam)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace foresight

BENCHMARK_MAIN();
