// A config with every kind of field, for the tests of this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/table.h"

namespace foresight {

struct SamplePlanner {
  std::int64_t horizon = 3;
  double inverse_temperature = 0.5;
  void visit(FieldVisitor& v) {
    v.field("horizon", horizon, {1, 1000}, "steps the planner looks ahead");
    v.field("inverse_temperature", inverse_temperature, {0.0}, "larger is greedier");
  }
};

struct SamplePhase {
  std::int64_t steps = 100;
  std::string opponent = "weak";
  void visit(FieldVisitor& v) {
    v.field("steps", steps, {1}, "steps of this phase");
    v.field("opponent", opponent, {"weak", "strong"}, "who plays against it");
  }
};

struct SampleConfig {
  std::string name = "sample";
  std::int64_t seed = 1;
  double learning_rate = 3e-4;
  bool compile = false;
  std::string mode = "normal";
  std::vector<std::int64_t> widths = {512, 512};
  SamplePlanner planner;
  std::vector<SamplePhase> curriculum = {{}};
  Table env;
  void visit(FieldVisitor& v) {
    v.field("name", name, {}, "shown in lists");
    v.field("seed", seed, {}, "of every random stream");
    v.field("learning_rate", learning_rate, {1e-6, 1.0}, "Adam's step size");
    v.field("compile", compile, "fuse the update");
    v.field("mode", mode, {"normal", "shooting", "defense"}, "what is played");
    v.field("widths", widths, {1, 8192}, "hidden layers");
    v.group("planner", planner, "how actions are searched");
    v.list("curriculum", curriculum, "phases of training");
    v.field("env", env, "the environment's own section");
  }
};

// Every mistake of `toml` read as a SampleConfig.
inline std::vector<std::string> mistakes_in(const Table& table, const std::string& path = "") {
  SampleConfig config;
  ConfigProblems problems;
  read_config(table, config, path, problems);
  return problems.lines;
}

inline std::vector<std::string> mistakes_in(const std::string& toml) {
  return mistakes_in(parse_toml(toml, "a.toml"));
}

// What the Error of `action` says; empty if it throws none.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace foresight
