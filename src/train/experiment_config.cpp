#include "train/experiment_config.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "agent/agent.h"
#include "base/home.h"
#include "config/experiment_file.h"
#include "env/env.h"
#include "train/actor_address.h"
#include "train/rank_share.h"
#include "train/recorded_data.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr double kMostSteps = 1e15;

std::string with_origin(const Table& section, std::string_view key, const std::string& text) {
  const ConfigValue* value = section.find(key);
  return value == nullptr || value->origin.empty() ? text : value->origin + ": " + text;
}

// Runs a check that throws and adds what it says to the problems.
template <typename Check>
void collect(ConfigProblems& problems, const std::string& where, Check check) {
  try {
    check();
  } catch (const Error& error) {
    problems.lines.push_back(where.empty() ? error.what() : where + ": " + error.what());
  }
}

// Registered names are found case-sensitively; a missing id lists them.
template <typename Entry>
const Entry* find_entry(const Table& section, std::string_view what, ConfigProblems& problems) {
  const std::string id = id_of(section);
  if (id.empty()) {
    problems.lines.push_back(fmt::format("[{}] needs an id: one of {}",
                                         what == "environment" ? "env" : what,
                                         fmt::join(Registry<Entry>::instance().names(), ", ")));
    return nullptr;
  }
  const Entry* entry = nullptr;
  const ConfigValue& value = *section.find("id");
  collect(problems, value.origin, [&] {
    if constexpr (std::is_same_v<Entry, EnvEntry>) {
      entry = &find_env_entry(id);
    } else {
      entry = &Registry<Entry>::instance().find(id, what);
    }
  });
  return entry;
}

// Fills the defaults in, also where a value is wrong, and makes the environment once, so that what
// depends on its dimensions can be checked too; false if it cannot be made.
bool resolve_env(Table& section, EnvSpec& spec, ConfigProblems& problems) {
  const EnvEntry* entry = find_entry<EnvEntry>(section, "environment", problems);
  if (entry == nullptr) return false;
  section = entry->resolve(section, problems);
  const std::size_t before = problems.lines.size();
  collect(problems, "[env]", [&] { spec = make_env(section)->spec(); });
  return problems.lines.size() == before;
}

// The same for what differs from [env]; if nothing does, what is known already is not made again:
// an environment in another process takes seconds.
bool resolve_variant(const Experiment& experiment, Table& section, EnvSpec& spec,
                     ConfigProblems& problems) {
  if (section != experiment.config.env) return resolve_env(section, spec, problems);
  spec = experiment.env_spec;
  return true;
}

bool same_for_agents(const EnvSpec& a, const EnvSpec& b) {
  return a.id == b.id && a.observation_dim == b.observation_dim && a.action_dim == b.action_dim &&
         a.num_players == b.num_players && a.num_discrete_actions == b.num_discrete_actions &&
         a.image == b.image;
}

// Past selves are met while training only: there are none of a model that is evaluated.
enum class PastSelves { kAllowed, kRefused };

// Opponents with a number each, checked.
std::vector<WeightedOpponent> read_opponents(const Table& table, const std::string& path,
                                             PastSelves past_selves, ConfigProblems& problems) {
  std::vector<WeightedOpponent> opponents;
  for (const auto& [name, value] : table.values()) {
    const auto* integer = std::get_if<std::int64_t>(&value.data);
    const auto* real = std::get_if<double>(&value.data);
    const double number = integer ? static_cast<double>(*integer) : real ? *real : -1.0;
    if (!(number >= 0.0) || number > kMostSteps) {
      problems.lines.push_back(with_origin(
          table, name, fmt::format("{}.{}: expected a number, at least 0", path, name)));
      continue;
    }
    if (name != kPastSelves) {
      collect(problems, value.origin, [&, &name = name] { check_opponent(name); });
    } else if (past_selves == PastSelves::kRefused) {
      problems.lines.push_back(with_origin(
          table, name,
          fmt::format("{}.{}: past selves are met in [[curriculum]] only", path, name)));
      continue;
    }
    if (number > 0.0) opponents.push_back({name, number});
  }
  return opponents;
}

// Both ends of each schedule must be what the environment allows.
void resolve_shaping(Phase& phase, const PhaseConfig& config, const std::string& path,
                     ConfigProblems& problems) {
  phase.shaping = read_env_schedules(config.shaping, phase.env, path + ".shaping", problems);
  if (phase.shaping.empty()) return;
  const auto& resolve = EnvRegistry::instance().find(id_of(phase.env), "environment").resolve;
  constexpr std::int64_t kFirst = 0;
  for (const std::int64_t episode : {kFirst, std::numeric_limits<std::int64_t>::max()}) {
    ConfigProblems found;
    resolve(env_at(phase.env, phase.shaping, episode), found);
    for (const std::string& line : found.lines) {
      problems.lines.push_back(fmt::format("{}.shaping: {}", path, line));
    }
  }
}

void resolve_phase(Experiment& experiment, PhaseConfig& config, std::size_t index, bool is_last,
                   ConfigProblems& problems) {
  const std::string path = fmt::format("curriculum.{}", index);
  Phase phase{.steps = config.steps,
              .episodes = config.episodes,
              .opponents = read_opponents(config.opponents, path + ".opponents",
                                          PastSelves::kAllowed, problems),
              .env = merge(experiment.config.env, config.env)};
  EnvSpec spec;
  if (!resolve_variant(experiment, phase.env, spec, problems)) return;
  if (!same_for_agents(spec, experiment.env_spec)) {
    problems.lines.push_back(fmt::format(
        "{}.env: changes what the agent sees or does ({} observations and {} actions instead of "
        "{} and {}); every phase needs the same",
        path, spec.observation_dim, spec.action_dim, experiment.env_spec.observation_dim,
        experiment.env_spec.action_dim));
  }
  if (spec.num_players == 1 && !phase.opponents.empty()) {
    problems.lines.push_back(
        fmt::format("{}.opponents: {} has one player, so no opponents", path, spec.id));
  }
  if (spec.num_players > 1 && phase.opponents.empty()) {
    problems.lines.push_back(
        fmt::format("{}.opponents: {} needs at least one, for example opponents = {{ weak = 1.0 }}",
                    path, spec.id));
  }
  if (!is_last && phase.steps == 0 && phase.episodes == 0) {
    problems.lines.push_back(
        fmt::format("{}: needs steps or episodes, or the phases behind it are never played", path));
  }
  resolve_shaping(phase, config, path, problems);
  experiment.phases.push_back(std::move(phase));
}

void resolve_curriculum(Experiment& experiment, ConfigProblems& problems) {
  auto& curriculum = experiment.config.curriculum;
  if (curriculum.empty()) {
    curriculum.emplace_back();
    // A default for two players; one player has no opponents.
    if (experiment.env_spec.num_players > 1) curriculum[0].opponents.set("random", {1.0, ""});
  }
  for (std::size_t i = 0; i < curriculum.size(); ++i) {
    resolve_phase(experiment, curriculum[i], i, i + 1 == curriculum.size(), problems);
  }
}

void resolve_evaluation(Experiment& experiment, ConfigProblems& problems) {
  const EvalConfig& eval = experiment.config.eval;
  experiment.eval_env = merge(experiment.config.env, eval.env);
  EnvSpec spec;
  if (resolve_variant(experiment, experiment.eval_env, spec, problems) &&
      !same_for_agents(spec, experiment.env_spec)) {
    problems.lines.push_back("eval.env: changes what the agent sees or does");
  }
  const bool is_alone = experiment.env_spec.num_players == 1;
  if (is_alone && !eval.opponents.empty()) {
    problems.lines.push_back(
        fmt::format("eval.opponents: {} has one player, so no opponents", experiment.env_spec.id));
  }
  for (const auto& [name, games] :
       read_opponents(eval.opponents, "eval.opponents", PastSelves::kRefused, problems)) {
    experiment.eval_plans.push_back({.opponent = name, .games = static_cast<std::int64_t>(games)});
  }
  if (!experiment.eval_plans.empty()) return;
  // Of several tasks all, unless one is chosen.
  if (spec.task < 0 && !spec.tasks.empty()) {
    for (const TaskSpec& task : spec.tasks) {
      experiment.eval_plans.push_back({.opponent = "", .games = eval.games, .task = task.name});
    }
    return;
  }
  if (is_alone) {
    experiment.eval_plans.push_back({.opponent = "", .games = eval.games});
  } else if (!experiment.phases.empty()) {
    // Whoever the last phase plays against is what the training is for.
    for (const auto& opponent : experiment.phases.back().opponents) {
      if (opponent.name == kPastSelves) continue;
      experiment.eval_plans.push_back({.opponent = opponent.name, .games = eval.games});
    }
    if (experiment.eval_plans.empty()) {
      problems.lines.emplace_back("eval.opponents: needs at least one, as past selves are none");
    }
  }
}

void check_combinations(const Experiment& experiment, ConfigProblems& problems) {
  const TrainConfig& train = experiment.config.train;
  if (train.seed_steps > train.steps) {
    problems.lines.push_back(
        fmt::format("train.seed_steps ({}) is more than train.steps ({}): nothing would be learnt",
                    train.seed_steps, train.steps));
  }
  if (train.num_games > train.steps) {
    problems.lines.push_back(fmt::format("train.num_games ({}) is more than train.steps ({})",
                                         train.num_games, train.steps));
  }
  for (const Phase& phase : experiment.phases) {
    if (phase.steps > train.steps) {
      problems.lines.push_back(
          fmt::format("curriculum: a phase of {} steps is longer than train.steps ({})",
                      phase.steps, train.steps));
    }
  }
}

// Without games there are no random steps, and nothing to play while updates are made.
void resolve_data(Experiment& experiment, ConfigProblems& problems) {
  ExperimentConfig& config = experiment.config;
  config.data = resolved_data(config.data);
  if (!learns_from_data(config)) return;
  config.train.seed_steps = 0;
  if (config.train.overlap) {
    problems.lines.emplace_back("train.overlap: with data there are no games beside the updates");
  }
  if (config.train.save_replay) {
    problems.lines.emplace_back(
        "train.save_replay: with data no game is played that could be kept");
  }
}

// Learning and playing side by side, in one process or in several.
void check_actors(const TrainConfig& train, const std::string& data, ConfigProblems& problems) {
  if (train.actors == 0) return;
  if (!data.empty()) {
    problems.lines.emplace_back("train.actors: with data no game is played, so nobody plays it");
  }
  if (train.overlap) {
    problems.lines.emplace_back(
        "train.overlap: actors (train.actors) play while the learner learns in any case");
  }
  collect(problems, "train.actor_address",
          [&] { static_cast<void>(parse_actor_address(train.actor_address)); });
}

void resolve_win_bonuses(Experiment& experiment, ConfigProblems& problems) {
  const auto& curriculum = experiment.config.curriculum;
  // A phase whose environment is wrong is missing, and that is said already.
  if (experiment.phases.size() != curriculum.size()) return;
  for (std::size_t i = 0; i < curriculum.size(); ++i) {
    if (curriculum[i].win_bonus.empty()) continue;
    experiment.phases[i].win_bonus =
        read_win_bonus(curriculum[i].win_bonus, experiment.config.agent,
                       fmt::format("curriculum.{}.win_bonus", i), problems);
  }
}

// Phases that meet past selves: is there one to meet in time?
void check_selfplay(Experiment& experiment, ConfigProblems& problems) {
  const SelfplayConfig& selfplay = experiment.config.selfplay;
  std::int64_t episodes = 0;  // over when the phase begins, if that is known
  bool is_known = true;
  bool is_too_late = true;
  for (std::size_t i = 0; i < experiment.phases.size(); ++i) {
    const Phase& phase = experiment.phases[i];
    const auto num_past_selves =
        std::ranges::count(phase.opponents, std::string(kPastSelves), &WeightedOpponent::name);
    const bool is_alone = num_past_selves > 0 && phase.opponents.size() == 1;
    if (is_alone && selfplay.begin_episode > 0 &&
        !(is_known && episodes >= selfplay.begin_episode)) {
      problems.lines.push_back(fmt::format(
          "curriculum.{}.opponents: only past selves, and there may be none before episode {} "
          "(selfplay.begin_episode); add another opponent",
          i, selfplay.begin_episode));
    }
    const bool is_counted = phase.episodes > 0 && phase.steps == 0;
    const bool is_last = i + 1 == experiment.phases.size();
    episodes += phase.episodes;
    if (!is_counted || is_last) is_known = false;  // the last one has no end
    if (num_past_selves == 0) continue;
    experiment.has_selfplay = true;
    if (!is_known || episodes > selfplay.begin_episode) is_too_late = false;
  }
  if (!experiment.has_selfplay) return;
  if (is_too_late) {
    problems.lines.push_back(
        fmt::format("selfplay.begin_episode ({}): the phases with past selves are over before",
                    selfplay.begin_episode));
  }
  if (selfplay.store_both && !experiment.env_spec.rewards_opponent) {
    problems.lines.push_back(
        fmt::format("selfplay.store_both: {} does not tell the other player's rewards",
                    experiment.env_spec.id));
  }
}

}  // namespace

void TrainConfig::visit(FieldVisitor& visitor) {
  visitor.field("steps", steps, {1, kEndless}, "environment steps of all games together");
  visitor.field("num_games", num_games, {1, 4096}, "games side by side, planned in one call");
  visitor.field("seed_steps", seed_steps, {0, kEndless},
                "steps with random actions, before learning");
  visitor.field("pretrain_updates", pretrain_updates, {0, kEndless},
                "updates at once when the random steps are over");
  visitor.field("updates_per_step", updates_per_step, {0, 1000},
                "gradient updates for each environment step; below 1: one every few steps");
  visitor.field("plan_share", plan_share, {0, 1},
                "share of the games that act with the planner, the others with the policy");
  visitor.field("time_limit_min", time_limit_min, {0, kEndless},
                "stop after so many minutes; 0: none");
  visitor.field("log_every_steps", log_every_steps, {1, kEndless}, "steps between rows of metrics");
  visitor.field("report_every_s", report_every_s, {0.01, 86400},
                "seconds between lines of progress (without a terminal)");
  visitor.field("checkpoint_every_min", checkpoint_every_min, {1e-6, kEndless},
                "minutes between checkpoints");
  visitor.field("keep_checkpoints", keep_checkpoints, {1, 1000}, "the newest so many are kept");
  visitor.field("threads", threads, {0, 4096}, "threads that compute; 0: all cores");
  visitor.field(
      "overlap", overlap,
      "make the updates of a step while the next one is planned and played: for environments that "
      "are slow themselves; the weights that act are one step older");
  visitor.field("save_replay", save_replay,
                "keep every episode that the agent sees, as a data set in the run's replay/");
  visitor.field("env_threads", env_threads, {1, 256}, "threads that step the games");
  visitor.field(
      "actors", actors, {0, 256},
      "processes that play, num_games each, while this one learns; 0: it plays itself, and "
      "only then is a run the same bit for bit");
  visitor.field("actor_threads", actor_threads, {0, 4096}, "threads of each; 0: all cores");
  visitor.field(
      "actor_lead_steps", actor_lead_steps, {1, kEndless},
      "actors wait while finished episodes of so many steps, of all of them together, wait "
      "for the learner");
  visitor.field("publish_every_updates", publish_every_updates, {1, kEndless},
                "updates between the weights that actors get");
  visitor.field("actor_address", actor_address, {},
                "HOST:PORT where actors are heard, those of other machines too if HOST is not this "
                "one alone; port 0: any free one");
}

void EvalConfig::visit(FieldVisitor& visitor) {
  visitor.field("every_steps", every_steps, {0, kEndless},
                "environment steps between evaluations; 0: only at the end");
  visitor.field("games", games, {1, 1e6}, "games of an evaluation, where opponents gives none");
  visitor.field("parallel", parallel, {1, 4096}, "games side by side");
  visitor.field("videos", videos, {0, 1000},
                "games against each opponent filmed at every evaluation, into videos/");
  visitor.field("use_planner", use_planner, "act with the planner");
  visitor.field("policy_too", policy_too, "evaluate the policy alone as well");
  visitor.field("opponents", opponents, "against whom, and how many games");
  visitor.field("env", env, "what differs from [env] in evaluations");
}

void PhaseConfig::visit(FieldVisitor& visitor) {
  visitor.field("steps", steps, {0, kEndless}, "the phase ends after so many steps; 0: no limit");
  visitor.field("episodes", episodes, {0, kEndless}, "or after so many episodes; 0: no limit");
  visitor.field("opponents", opponents, "against whom, with which weight");
  visitor.field("env", env, "what differs from [env]");
  visitor.field("shaping", shaping,
                "numbers of [env] that change: reward_touch = { from, to, begin, end } (episodes)");
  visitor.field("win_bonus", win_bonus,
                "bonus and discount of a won game, in the same form, instead of the agent's own");
}

void ExperimentConfig::visit(FieldVisitor& visitor) {
  visitor.field("name", name, {}, "of the run's folder");
  visitor.field("note", note, {}, "anything to remember");
  visitor.field("seed", seed, {0, 9.2e18}, "of everything random");
  visitor.field("ranks", ranks, {1, 4096},
                "processes that train together: games, batch and replay are shared out over them");
  visitor.field("init_from", init_from, {},
                "a model or run whose weights the training begins with; empty: none");
  visitor.field(
      "data", data, {},
      "data sets to learn from instead of games, separated by commas; train.steps and the "
      "like then count updates");
  visitor.field("env", env, "the environment");
  visitor.field("agent", agent, "the algorithm");
  visitor.group("train", train, "the training loop");
  visitor.group("eval", eval, "evaluations while training");
  visitor.group("selfplay", selfplay, "past selves, where a phase has the opponent `self`");
  visitor.list("curriculum", curriculum, "phases of training");
}

double past_selves_share(const Phase& phase) {
  double past_selves = 0.0;
  double all = 0.0;
  for (const auto& [name, weight] : phase.opponents) {
    all += weight;
    if (name == kPastSelves) past_selves += weight;
  }
  return all > 0.0 ? past_selves / all : 0.0;
}

std::string id_of(const Table& section) {
  const ConfigValue* id = section.find("id");
  const auto* text = id == nullptr ? nullptr : std::get_if<std::string>(&id->data);
  return text == nullptr ? "" : *text;
}

Experiment resolve_experiment(const Table& table) {
  Experiment experiment;
  ConfigProblems problems;
  read_config(table, experiment.config, "", problems);
  resolve_data(experiment, problems);
  if (resolve_env(experiment.config.env, experiment.env_spec, problems)) {
    resolve_curriculum(experiment, problems);
    resolve_evaluation(experiment, problems);
    auto& agent = experiment.config.agent;
    if (const auto* entry = find_entry<AgentEntry>(agent, "agent", problems)) {
      agent = entry->resolve(agent, experiment.env_spec, problems);
      resolve_win_bonuses(experiment, problems);
    }
  } else {
    find_entry<AgentEntry>(experiment.config.agent, "agent", problems);
  }
  check_combinations(experiment, problems);
  check_ranks(experiment, problems);
  check_actors(experiment.config.train, experiment.config.data, problems);
  check_selfplay(experiment, problems);
  problems.throw_if_any();
  return experiment;
}

fs::path configs_folder() { return home_folder() / "configs"; }

Table load_experiment_table(const std::string& name_or_file,
                            const std::vector<std::string>& overrides) {
  return load_config(name_or_file, configs_folder(), overrides);
}

}  // namespace foresight
