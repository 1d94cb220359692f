// A control loop: a plan at every tick, as a robot would, and how long that took.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace foresight {

struct ControlLoopOptions {
  std::string preset;
  std::string precision = "fp32";
  double hz = 50.0;
  double seconds = 10.0;
  double deadline_ms = 0.0;  // of a plan; 0: 80 % of a tick
};

// Percentiles of the plans' times in ms, ticks missed, mean iterations a plan.
nlohmann::ordered_json run_control_loop(const ControlLoopOptions& options);
void print_control_loop(const nlohmann::ordered_json& result);

}  // namespace foresight
