// Which runs a sweep is made of: every combination of the values given, and seeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/experiment_config.h"

namespace foresight {

// The values of one override: "a.b=1,2" -> {"a.b=1", "a.b=2"}. Commas in brackets, braces and
// quotes do not count.
std::vector<std::string> split_values(const std::string& assignment);

// Every combination, the last key fastest.
std::vector<std::vector<std::string>> combinations(const std::vector<std::string>& assignments);

struct SweepMember {
  std::vector<std::string> overrides;  // the seed's among them
  Experiment experiment;
};

struct SweepPlan {
  std::string config;                  // name or file
  std::vector<std::string> overrides;  // as given, with commas
  std::int64_t num_seeds = 1;          // from the config's seed on
  std::string note;                    // empty: the config's own
};

// Reads and checks every member as `foresight check` does, without the trial. Error: every bad
// member at once, with its overrides and all that is wrong with it.
std::vector<SweepMember> plan_sweep(const SweepPlan& plan);

// A member's words in messages: "horizon=3 seed=1", or "the config as it is".
std::string member_words(const std::vector<std::string>& overrides);

}  // namespace foresight
