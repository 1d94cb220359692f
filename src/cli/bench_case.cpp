#include "cli/bench_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/statistics.h"
#include "train/build_info.h"
#include "train/run_record.h"

namespace foresight {
namespace {

double median(const Contender& contender) { return percentile(contender.ms, 0.5); }

// How many times as fast as the fastest baseline; 0 without one, and for a baseline.
double ratio(const BenchCase& bench_case, const Contender& contender) {
  double fastest = std::numeric_limits<double>::infinity();
  for (const Contender& other : bench_case.contenders) {
    if (other.is_baseline) fastest = std::min(fastest, median(other));
  }
  return contender.is_baseline || fastest == std::numeric_limits<double>::infinity()
             ? 0.0
             : fastest / median(contender);
}

}  // namespace

std::function<double()> timed(std::function<void()> job) {
  return [job = std::move(job)] {
    const auto begin = std::chrono::steady_clock::now();
    job();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
        .count();
  };
}

void run_case(BenchCase& bench_case, int warm_up, int rounds, LiveLine& line) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  for (int round = -warm_up; round < rounds; ++round) {
    for (Contender& contender : bench_case.contenders) {
      if (line.is_due()) {
        const int done = round + warm_up;
        const int all = warm_up + rounds;
        const double spent_s = std::chrono::duration<double>(Clock::now() - begin).count();
        line.show(fmt::format(
            "{} {}, {}: {} {} of {}, {}{}", progress_bar(1.0 * done / all), bench_case.what,
            bench_case.preset, round < 0 ? "warm-up" : "round", round < 0 ? done + 1 : round + 1,
            round < 0 ? warm_up : rounds, contender.name,
            done > 0 ? ", ETA " + duration_text(spent_s / done * (all - done)) : ""));
      }
      const double ms = contender.measure_ms();
      if (round >= 0) contender.ms.push_back(ms);
    }
  }
  line.clear();
}

void print_case(const BenchCase& bench_case) {
  fmt::print("{}, {}\n", bench_case.what, bench_case.about);
  for (const Contender& contender : bench_case.contenders) {
    const double ms = median(contender);
    fmt::print("  {:<26}{:>10.3f} ms ({:.3f} to {:.3f})", contender.name, ms,
               percentile(contender.ms, 0.25), percentile(contender.ms, 0.75));
    if (!bench_case.unit.empty()) {
      fmt::print("  {:.0f} {}/s", 1000.0 * bench_case.amount / ms, bench_case.unit);
    }
    if (contender.gflop > 0.0) fmt::print("  {:.0f} GFLOP/s", 1000.0 * contender.gflop / ms);
    if (const double times = ratio(bench_case, contender); times > 0.0) {
      fmt::print("  {:.2f} times as fast", times);
    }
    fmt::print("\n");
  }
  std::fflush(stdout);
}

nlohmann::ordered_json to_json(const BenchCase& bench_case) {
  nlohmann::ordered_json row{
      {"what", bench_case.what}, {"preset", bench_case.preset}, {"about", bench_case.about}};
  for (const Contender& contender : bench_case.contenders) {
    nlohmann::ordered_json entry{{"name", contender.name},
                                 {"ms", median(contender)},
                                 {"ms_p25", percentile(contender.ms, 0.25)},
                                 {"ms_p75", percentile(contender.ms, 0.75)}};
    if (!bench_case.unit.empty()) {
      entry[bench_case.unit + "_per_s"] = 1000.0 * bench_case.amount / median(contender);
    }
    if (contender.gflop > 0.0) entry["gflops"] = 1000.0 * contender.gflop / median(contender);
    if (const double times = ratio(bench_case, contender); times > 0.0) entry["ratio"] = times;
    row["contenders"].push_back(entry);
  }
  return row;
}

void append_csv(const BenchCase& bench_case, const BenchRun& run, const std::string& file) {
  const bool is_new = !std::ifstream(file);
  std::ofstream out(file, std::ios::app);
  if (is_new) {
    out << "time,machine,commit,threads,what,preset,contender,ms_median,ms_p25,ms_p75,ratio,"
           "command\n";
  }
  for (const Contender& contender : bench_case.contenders) {
    out << fmt::format("{},\"{}\",{},{},{},{},\"{}\",{:.4f},{:.4f},{:.4f},{:.3f},\"{}\"\n",
                       local_time("%Y-%m-%d %H:%M"), cpu_name(), program_commit(), run.threads,
                       bench_case.what, bench_case.preset, contender.name, median(contender),
                       percentile(contender.ms, 0.25), percentile(contender.ms, 0.75),
                       ratio(bench_case, contender), run.command);
  }
  if (!out.flush()) fail("cannot write {}", file);
}

}  // namespace foresight
