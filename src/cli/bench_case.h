// One row of the table that `foresight bench` prints: a piece of work and who does it, in turns on
// the same cores.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/live_line.h"

namespace foresight {

struct Contender {
  std::string name;                    // "Foresight, fp32"
  std::function<double()> measure_ms;  // does the work once
  bool is_baseline = false;            // ratios are against the fastest of these
  double gflop = 0.0;                  // of one timing, where it is known
  std::vector<double> ms;              // what came out
};

struct BenchCase {
  std::string what;     // "plan"
  std::string preset;   // "official-5m"
  std::string about;    // a line for people
  double amount = 1.0;  // pieces of work in one timing, for a rate
  std::string unit;     // of these: "steps"; empty: only times matter
  std::vector<Contender> contenders;
};

// A job timed by this process's clock.
std::function<double()> timed(std::function<void()> job);

// So many rounds to warm up, then `rounds` in which every contender takes its turn. `line` shows
// how far it has come.
void run_case(BenchCase& bench_case, int warm_up, int rounds, LiveLine& line);

// Medians, the middle half, rates, and how many times as fast as the fastest baseline.
void print_case(const BenchCase& bench_case);
nlohmann::ordered_json to_json(const BenchCase& bench_case);

// How the figures came about.
struct BenchRun {
  int threads = 2;
  std::string command;  // "foresight bench plan --preset official-5m ..."
};
// Appends a line for each contender (a header first, if the file is new): time, machine, commit,
// threads, what, preset, contender, median and quartiles in ms, ratio, command.
void append_csv(const BenchCase& bench_case, const BenchRun& run, const std::string& file);

}  // namespace foresight
