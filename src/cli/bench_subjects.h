// What `foresight bench` times: one plan or one update of an agent of a named size.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"

namespace foresight {

struct BenchPreset {
  std::string name;  // "official-5m"; the peer knows the same names
  std::string about;
  std::string peer = "tdmpc2_peer.py";  // of bench/pytorch
  std::string peer_name = "PyTorch";
  bool is_compiled_too = true;  // torch.compile is measured besides
  bool plans = true;            // otherwise only updates are measured
  int calls = 1;                // averaged over in one timing
};
const std::vector<BenchPreset>& bench_presets();

// The agent of a preset, with its observation and action sizes.
struct BenchAgent {
  std::unique_ptr<Agent> agent;
  EnvSpec env;
};
// deadline_ms: of a plan; 0: none.
BenchAgent make_bench_agent(const std::string& preset, double deadline_ms = 0.0);

// One call chooses the actions of so many games from their observations, as in a control loop.
std::function<void()> plan_job(BenchAgent& subject, std::int64_t num_games);
// One call is one gradient update from a replay of random episodes.
std::function<void()> update_job(BenchAgent& subject);

}  // namespace foresight
