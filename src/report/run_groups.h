// Which runs belong together: those whose configs agree, seeds aside.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "report/run_data.h"

namespace foresight {

struct RunGroup {
  std::string name;               // "horizon = 3"
  std::vector<std::size_t> runs;  // places among the runs
};

// Keys in which the configs differ, with the value of each run ("none" where it has no such key).
using ConfigDifferences = std::map<std::string, std::vector<std::string>>;
ConfigDifferences config_differences(std::span<const RunData> runs);

// By the values of `keys`, or, without keys, by everything that differs except the seed, what names
// a run or says how long and on how many threads it runs, its evaluations, and the environment:
// those of several are tasks, not groups. In the order of the runs. Error: a key that no config
// has, with the nearest one.
std::vector<RunGroup> group_runs(std::span<const RunData> runs,
                                 const std::vector<std::string>& keys);

// Keys that differ among the runs of one group although nobody grouped by them.
std::vector<std::string> hidden_differences(std::span<const RunData> runs,
                                            std::span<const RunGroup> groups);

}  // namespace foresight
