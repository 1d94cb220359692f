// What `foresight bench` times.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "cli/bench_case.h"

namespace foresight {

struct BenchPreset {
  std::string name;  // "official-5m"; the peer knows the same names
  std::string about;
  std::string peer = "tdmpc2_peer.py";  // of bench/pytorch
  std::string peer_name = "PyTorch";
  bool has_compiled_peer = true;  // torch.compile is measured besides
  bool has_planner = true;        // otherwise only updates are measured
  int num_calls = 1;              // averaged over in one timing
  bool is_on_request = false;     // measured only when asked for by name
};
const std::vector<BenchPreset>& bench_presets();

// The agent of a preset, with its observation and action sizes.
struct BenchAgent {
  std::unique_ptr<Agent> agent;
  EnvSpec env;
};
// overrides of its config: "planner.deadline_ms=15".
BenchAgent make_bench_agent(const std::string& preset,
                            const std::vector<std::string>& overrides = {});

struct BenchOptions {
  int threads = 2;
  std::int64_t num_games = 1;        // planned in one call
  bool is_against_pytorch = false;   // beside it, eager and compiled
  std::vector<std::string> formats;  // "fp32", "int8": what to plan in
};

// One plan of every game from its observation, as in a control loop.
BenchCase plan_case(const BenchPreset& preset, const BenchOptions& options);
// One gradient update from a replay of random episodes.
BenchCase update_case(const BenchPreset& preset, const BenchOptions& options);
// Plans of 16 games in one call, against as many single ones; in one format.
BenchCase batch_case(const BenchPreset& preset, const BenchOptions& options);
// The hockey game with random actions on one core, 64 games.
BenchCase hockey_case();
// Choosing 256 slices of 4 rows out of so many, by each rule. Only the episodes' lengths are held:
// 345 million rows take about 0.2 GB.
BenchCase replay_case(std::int64_t num_rows);

}  // namespace foresight
