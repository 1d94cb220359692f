// Everything that a training run is told: one TOML file, plus overrides. The sections of the
// environment and the agent stay untyped here; their own registries read and check them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/table.h"
#include "env/env_spec.h"
#include "selfplay/opponent.h"
#include "selfplay/selfplay_config.h"
#include "train/schedule.h"

namespace foresight {

struct TrainConfig {
  std::int64_t steps = 100000;
  std::int64_t num_games = 1;
  std::int64_t seed_steps = 1000;
  std::int64_t pretrain_updates = 0;
  double updates_per_step = 1.0;
  double plan_share = 1.0;
  double time_limit_min = 0.0;
  std::int64_t log_every_steps = 1000;
  double report_every_s = 10.0;
  double checkpoint_every_min = 10.0;
  std::int64_t keep_checkpoints = 2;
  std::int64_t threads = 0;
  bool overlap = false;
  bool save_replay = false;
  std::int64_t env_threads = 1;
  std::int64_t actors = 0;
  std::int64_t actor_threads = 1;
  std::int64_t actor_lead_steps = 1000;
  std::int64_t publish_every_updates = 100;
  std::string actor_address = "127.0.0.1:0";

  void visit(FieldVisitor& visitor);
};

struct EvalConfig {
  std::int64_t every_steps = 20000;
  std::int64_t games = 20;
  std::int64_t parallel = 20;
  Table opponents;  // name -> games; used instead of `games` when there are two players
  Table env;        // laid over [env]
  std::int64_t videos = 0;
  bool use_planner = true;
  bool policy_too = false;

  void visit(FieldVisitor& visitor);
};

// One stretch of training. The phase ends with the first limit that is reached; 0 is no limit.
struct PhaseConfig {
  std::int64_t steps = 0;
  std::int64_t episodes = 0;
  Table opponents;  // name -> weight
  Table env;        // laid over [env]
  Table shaping;    // key of [env] -> LinearSchedule or number
  Table win_bonus;  // bonus, discount -> LinearSchedule or number

  void visit(FieldVisitor& visitor);
};

struct ExperimentConfig {
  std::string name = "unnamed";
  std::string note;
  std::int64_t seed = 1;
  std::int64_t ranks = 1;
  std::string init_from;
  std::string data;
  Table env;
  Table agent;
  TrainConfig train;
  EvalConfig eval;
  SelfplayConfig selfplay;
  std::vector<PhaseConfig> curriculum;

  void visit(FieldVisitor& visitor);
};

// A phase ready to be played.
struct Phase {
  std::int64_t steps = 0;
  std::int64_t episodes = 0;
  std::vector<WeightedOpponent> opponents;  // empty with one player
  Table env;                                // complete
  EnvSchedules shaping = {};                // of it
  std::optional<WinBonusSchedule> win_bonus = std::nullopt;
};

// The share of the phase's games that are played against past selves, once there are any.
double past_selves_share(const Phase& phase);

struct EvalPlan {
  std::string opponent;  // empty with one player
  std::int64_t games = 0;
  std::string task = {};  // of several; empty: what the environment plays
};

// The config with every default filled in and every part checked.
struct Experiment {
  ExperimentConfig config;
  EnvSpec env_spec;
  std::vector<Phase> phases;         // at least one
  Table eval_env;                    // complete
  std::vector<EvalPlan> eval_plans;  // at least one
  bool has_selfplay = false;         // some phase meets past selves
};

// Error: every mistake at once, each with its place.
Experiment resolve_experiment(const Table& table);

// Where the shipped configs lie.
std::filesystem::path configs_folder();

// `name_or_file`: <what>/<name> of configs_folder(), or a .toml file. Overrides are "a.b.c=value".
Table load_experiment_table(const std::string& name_or_file,
                            const std::vector<std::string>& overrides);

// A section's `id`, empty if there is none.
std::string id_of(const Table& section);

}  // namespace foresight
