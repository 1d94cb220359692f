#include "cli/bench_control_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "base/statistics.h"
#include "cli/bench_subjects.h"

namespace foresight {

nlohmann::ordered_json run_control_loop(const ControlLoopOptions& options) {
  const double tick_ms = 1000.0 / options.hz;
  const double deadline_ms = options.deadline_ms > 0.0 ? options.deadline_ms : 0.8 * tick_ms;
  const BenchAgent subject = make_bench_agent(
      options.preset,
      {fmt::format("planner.deadline_ms={}", deadline_ms), "precision=" + options.precision});
  const auto actor = subject.agent->make_actor({.num_games = 1, .seed = 1});
  std::vector<float> observation(subject.env.observation_dim, 0.1f);
  std::vector<float> action(subject.env.action_dim);
  const std::vector<std::uint8_t> first_step(1, 0);
  const auto plan = timed([&] { actor->act(observation, first_step, action); });
  plan();  // warm

  std::vector<double> ms;
  double iterations = 0.0;
  std::int64_t misses = 0;
  using Clock = std::chrono::steady_clock;
  const auto period = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double, std::milli>(tick_ms));
  auto tick = Clock::now();
  const auto num_ticks = std::max<std::int64_t>(1, std::llround(options.seconds * options.hz));
  for (std::int64_t i = 0; i < num_ticks; ++i) {
    ms.push_back(plan());
    misses += ms.back() > tick_ms ? 1 : 0;
    for (const auto& [name, value] : actor->metrics()) {
      if (name == "plan/iterations") iterations += value;
    }
    tick = std::max(tick + period, Clock::now());
    std::this_thread::sleep_until(tick);
  }
  return {{"preset", options.preset},
          {"precision", options.precision},
          {"hz", options.hz},
          {"deadline_ms", deadline_ms},
          {"plans", ms.size()},
          {"ms_p50", percentile(ms, 0.5)},
          {"ms_p99", percentile(ms, 0.99)},
          {"ms_worst", *std::ranges::max_element(ms)},
          {"misses", misses},
          {"mean_iterations", iterations / static_cast<double>(ms.size())}};
}

void print_control_loop(const nlohmann::ordered_json& result) {
  const auto number = [&](const char* name) { return result.at(name).get<double>(); };
  fmt::print("{} in {} at {:g} Hz, {} plans with a deadline of {:.1f} ms:\n",
             result.at("preset").get<std::string>(), result.at("precision").get<std::string>(),
             number("hz"), result.at("plans").get<std::size_t>(), number("deadline_ms"));
  fmt::print(
      "  p50 {:.2f} ms, p99 {:.2f} ms, worst {:.2f} ms; {} ticks of {:.1f} ms missed; "
      "{:.1f} iterations a plan\n",
      number("ms_p50"), number("ms_p99"), number("ms_worst"),
      result.at("misses").get<std::int64_t>(), 1000.0 / number("hz"), number("mean_iterations"));
}

}  // namespace foresight
