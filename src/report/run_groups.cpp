#include "report/run_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/registry.h"

namespace foresight {
namespace {

// How long, how fast and how watched a run is makes no group, nor do its name and seed.
const std::set<std::string> kNotOfTheExperiment{"seed",
                                                "name",
                                                "note",
                                                "train.steps",
                                                "train.time_limit_min",
                                                "train.threads",
                                                "train.env_threads",
                                                "train.log_every_steps",
                                                "train.report_every_s",
                                                "train.checkpoint_every_min",
                                                "train.keep_checkpoints"};

bool is_of_the_experiment(const std::string& key, bool are_tasks) {
  const bool is_task = are_tasks && key.starts_with("env.");
  return !kNotOfTheExperiment.contains(key) && !key.starts_with("eval.") && !is_task;
}

std::string value_of(const RunData& run, const std::string& key) {
  const auto found = run.config.find(key);
  return found == run.config.end() ? "none" : found->second;
}

std::string last_part(const std::string& key) {
  const auto dot = key.rfind('.');
  return dot == std::string::npos ? key : key.substr(dot + 1);
}

// The last part of each key, or the whole key where two of them end alike.
std::map<std::string, std::string> short_names(const std::vector<std::string>& keys) {
  std::map<std::string, int> counts;
  for (const std::string& key : keys) ++counts[last_part(key)];
  std::map<std::string, std::string> names;
  for (const std::string& key : keys) {
    names[key] = counts[last_part(key)] == 1 ? last_part(key) : key;
  }
  return names;
}

std::vector<std::string> default_keys(std::span<const RunData> runs) {
  const bool are_tasks =
      std::ranges::any_of(runs, [&](const RunData& run) { return run.task != runs.front().task; });
  std::vector<std::string> keys;
  for (const auto& [key, values] : config_differences(runs)) {
    if (is_of_the_experiment(key, are_tasks)) keys.push_back(key);
  }
  return keys;
}

void check_keys(std::span<const RunData> runs, const std::vector<std::string>& keys) {
  std::set<std::string> known;
  for (const RunData& run : runs) {
    for (const auto& [key, value] : run.config) known.insert(key);
  }
  const std::vector<std::string> all(known.begin(), known.end());
  for (const std::string& key : keys) {
    if (!known.contains(key)) {
      fail("--by {}: no config of these runs has this key{}", key, did_you_mean(key, all));
    }
  }
}

}  // namespace

ConfigDifferences config_differences(std::span<const RunData> runs) {
  std::set<std::string> keys;
  for (const RunData& run : runs) {
    for (const auto& [key, value] : run.config) keys.insert(key);
  }
  ConfigDifferences differences;
  for (const std::string& key : keys) {
    std::vector<std::string> values;
    for (const RunData& run : runs) values.push_back(value_of(run, key));
    const bool all_equal = std::ranges::all_of(
        values, [&](const std::string& value) { return value == values.front(); });
    if (!all_equal) differences[key] = std::move(values);
  }
  return differences;
}

std::vector<RunGroup> group_runs(std::span<const RunData> runs,
                                 const std::vector<std::string>& keys) {
  FS_CHECK(!runs.empty(), "no runs");
  check_keys(runs, keys);
  const std::vector<std::string> by = keys.empty() ? default_keys(runs) : keys;
  const auto names = short_names(by);
  std::vector<RunGroup> groups;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::string> parts;
    for (const std::string& key : by) {
      parts.push_back(fmt::format("{} = {}", names.at(key), value_of(runs[i], key)));
    }
    const std::string name =
        parts.empty() ? runs[i].record.name : fmt::format("{}", fmt::join(parts, ", "));
    auto group = std::ranges::find(groups, name, &RunGroup::name);
    // Without a key to tell them apart all are one group, whatever they are called.
    if (by.empty() && !groups.empty()) group = groups.begin();
    if (group == groups.end()) {
      groups.push_back({.name = name, .runs = {i}});
    } else {
      group->runs.push_back(i);
    }
  }
  return groups;
}

std::vector<std::string> hidden_differences(std::span<const RunData> runs,
                                            std::span<const RunGroup> groups) {
  const bool are_tasks =
      std::ranges::any_of(runs, [&](const RunData& run) { return run.task != runs.front().task; });
  std::vector<std::string> hidden;
  for (const auto& [key, values] : config_differences(runs)) {
    if (!is_of_the_experiment(key, are_tasks)) continue;
    const bool differs_within = std::ranges::any_of(groups, [&](const RunGroup& group) {
      return std::ranges::any_of(
          group.runs, [&](std::size_t run) { return values[run] != values[group.runs.front()]; });
    });
    if (differs_within) hidden.push_back(key);
  }
  return hidden;
}

}  // namespace foresight
