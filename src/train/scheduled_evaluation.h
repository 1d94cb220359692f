// The evaluations that a config asks for, all opponents one after the other, as metrics.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "agent/agent.h"
#include "train/experiment_config.h"

namespace foresight {

struct EvaluationReport {
  bool is_complete = false;  // false: it was stopped, and nothing below counts
  Metrics results;           // eval/weak/win_rate, eval/weak/policy_win_rate, eval/return, ...
  Metrics timings;           // speed/...
  double score = 0.0;        // mean win rate, or with one player mean return: higher is better
  std::map<std::string, double> win_rates;  // by opponent
};

struct EvaluationOrders {
  std::uint64_t seed = 1;            // the same seed, the same starts
  std::filesystem::path video_stem;  // films are <stem>_<opponent>.mp4; empty: none
  std::function<void(const std::string& line)> say;
  std::function<bool()> should_stop;
};

EvaluationReport evaluate_as_scheduled(const Experiment& experiment, Agent& agent,
                                       const EvaluationOrders& orders);

}  // namespace foresight
