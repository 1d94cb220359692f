#include "cluster/sweep.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "train/initial_weights.h"

namespace foresight {
namespace {

std::string key_of(const std::string& assignment) {
  return assignment.substr(0, assignment.find('='));
}

Experiment resolve_member(const SweepPlan& plan, const std::vector<std::string>& overrides) {
  Table table = load_experiment_table(plan.config, overrides);
  if (!plan.note.empty()) table.set("note", {plan.note, "--note"});
  Experiment experiment = resolve_experiment(table);
  check_initial_weights(experiment);
  return experiment;
}

// "seed=4", "seed=5": from the seed that the config and its overrides say.
std::vector<std::string> seeds_after(std::int64_t first, std::int64_t count) {
  std::vector<std::string> seeds;
  for (std::int64_t i = 0; i < count; ++i) seeds.push_back(fmt::format("seed={}", first + i));
  return seeds;
}

std::string indented(const std::string& text) {
  std::string result = "    ";
  for (const char letter : text) result += letter == '\n' ? "\n    " : std::string(1, letter);
  return result;
}

void check_assignments(const std::vector<std::string>& assignments, bool has_seeds) {
  std::vector<std::string> keys;
  for (const std::string& assignment : assignments) {
    const std::string key = key_of(assignment);
    if (std::ranges::find(keys, key) != keys.end()) {
      fail("\"{}\" is given twice; write its values with commas between, {}=1,2", key, key);
    }
    if (key == "seed" && has_seeds) fail("either seed=1,2 or --seeds, not both");
    keys.push_back(key);
  }
}

}  // namespace

std::vector<std::string> split_values(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos) return {assignment};
  const std::string key = assignment.substr(0, equals + 1);
  std::vector<std::string> values{key};
  int depth = 0;
  char quote = 0;
  for (const char letter : assignment.substr(equals + 1)) {
    if (quote != 0) {
      if (letter == quote) quote = 0;
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
    } else if (letter == '[' || letter == '{') {
      ++depth;
    } else if (letter == ']' || letter == '}') {
      --depth;
    } else if (letter == ',' && depth == 0) {
      values.push_back(key);
      continue;
    }
    values.back() += letter;
  }
  return values;
}

std::vector<std::vector<std::string>> combinations(const std::vector<std::string>& assignments) {
  std::vector<std::vector<std::string>> all{{}};
  for (const std::string& assignment : assignments) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& before : all) {
      for (const std::string& value : split_values(assignment)) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::string member_words(const std::vector<std::string>& overrides) {
  if (overrides.empty()) return "the config as it is";
  return fmt::format("{}", fmt::join(overrides, " "));
}

std::vector<SweepMember> plan_sweep(const SweepPlan& plan) {
  check_assignments(plan.overrides, plan.num_seeds > 1);
  constexpr std::size_t kMostMembers = 1000;  // SLURM's default MaxArraySize is 1001
  std::vector<SweepMember> members;
  std::string problems;
  for (const auto& overrides : combinations(plan.overrides)) {
    try {
      const Experiment first = resolve_member(plan, overrides);
      if (plan.num_seeds <= 1) {
        members.push_back({.overrides = overrides, .experiment = first});
        continue;
      }
      for (const std::string& seed : seeds_after(first.config.seed, plan.num_seeds)) {
        auto with_seed = overrides;
        with_seed.push_back(seed);
        Experiment experiment = resolve_member(plan, with_seed);
        members.push_back({.overrides = with_seed, .experiment = std::move(experiment)});
      }
    } catch (const Error& error) {
      problems += fmt::format("\n  {}:\n{}", member_words(overrides), indented(error.what()));
    }
    if (members.size() > kMostMembers) fail("more than {} runs in one sweep", kMostMembers);
  }
  if (!problems.empty()) fail("nothing is submitted; these members are wrong:{}", problems);
  return members;
}

}  // namespace foresight
