#include "train/trainer.h"

#include <algorithm>
#include <cmath>

#include "agent/model_card.h"
#include "base/error.h"
#include "base/rng.h"
#include "train/build_info.h"
#include "train/run_folder.h"
#include "train/scheduled_evaluation.h"

namespace foresight {
namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Adds the time until it goes out of scope.
class Stopwatch {
 public:
  explicit Stopwatch(double& total) : total_(total), begin_(std::chrono::steady_clock::now()) {}
  ~Stopwatch() { total_ += seconds_since(begin_); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& total_;
  std::chrono::steady_clock::time_point begin_;
};

// Agents take their threads when they are made.
std::unique_ptr<Agent> make_agent_with_threads(const Experiment& experiment) {
  set_compute_threads(static_cast<int>(experiment.config.train.threads));
  return make_agent(experiment.config.agent, experiment.env_spec,
                    static_cast<std::uint64_t>(experiment.config.seed));
}

}  // namespace

Trainer::Trainer(const Experiment& experiment, const std::filesystem::path& run_folder,
                 bool is_resumed, bool is_live)
    : experiment_(experiment),
      folder_(run_folder),
      agent_(make_agent_with_threads(experiment)),
      games_(experiment),
      seed_action_rng_(static_cast<std::uint64_t>(experiment.config.seed), "seed actions"),
      state_(is_resumed ? read_loop_state(run_folder / "checkpoint") : LoopState{}),
      log_(run_folder, is_resumed ? state_.steps : -1),
      progress_(run_folder / "log.txt", is_live, experiment.config.train.report_every_s),
      begin_(Clock::now()) {
  make_actors();
  actions_.resize(games_.num_games() * games_.spec().action_dim);
  actor_begins_.resize(games_.num_games(), 1);
  shown_.total_steps = experiment_.config.train.steps;
  if (is_resumed) restore();
  speed_.begin_s = elapsed_s();
  last_checkpoint_s_ = elapsed_s();
}

Trainer::~Trainer() = default;

std::uint64_t Trainer::derive_seed(std::string_view role, std::uint64_t index) const {
  return Rng(static_cast<std::uint64_t>(experiment_.config.seed), role, index).next_u64();
}

double Trainer::elapsed_s() const { return earlier_s_ + seconds_since(begin_); }

// The first share of the games plans, the others act with the policy alone.
void Trainer::make_actors() {
  const std::int64_t num_games = games_.num_games();
  const auto num_planned = static_cast<std::int64_t>(
      std::llround(experiment_.config.train.plan_share * static_cast<double>(num_games)));
  const auto add = [&](std::int64_t first, std::int64_t count, bool use_planner, const char* name) {
    if (count == 0) return;
    auto actor = agent_->make_actor({.num_games = count,
                                     .explore = true,
                                     .use_planner = use_planner,
                                     .keep_traces = false,
                                     .seed = derive_seed(name)});
    actors_.push_back({std::move(actor), first, count, name});
  };
  add(0, num_planned, true, "actor");
  add(num_planned, num_games - num_planned, false, "policy_actor");
}

// Unfinished games are not in a checkpoint: they are dropped, and new ones begin.
void Trainer::restore() {
  const auto checkpoint = folder_ / "checkpoint";
  agent_->load(checkpoint);
  for (std::int64_t game = 0; game < games_.num_games(); ++game) agent_->forget_unfinished(game);
  for (ActorGroup& group : actors_) group.actor->load(checkpoint, group.name);
  games_.set_num_episodes(state_.num_episodes);
  seed_action_rng_.set_state(state_.seed_actions);
  earlier_s_ = state_.time_s;
  progress_.say(
      fmt::format("resumed at step {} of {}", state_.steps, experiment_.config.train.steps));
}

int Trainer::run() {
  progress_.say(fmt::format("run folder: {}", folder_.string()));
  games_.begin(static_cast<std::size_t>(state_.phase));
  const TrainConfig& train = experiment_.config.train;
  while (!is_over()) {
    play_step();
    const bool is_eval_due = is_due(experiment_.config.eval.every_steps, state_.last_eval_steps);
    if (is_eval_due) evaluate_agent();
    if (is_eval_due || is_due(train.log_every_steps, state_.last_log_steps)) log_metrics();
    if (elapsed_s() - last_checkpoint_s_ >= 60.0 * train.checkpoint_every_min) save_checkpoint();
    show_progress();
  }
  if (signal_.received() == 0 && state_.last_eval_steps != state_.steps) {
    evaluate_agent();
    log_metrics();
  }
  save_checkpoint();
  const int signal = signal_.received();
  progress_.say(
      fmt::format("{} after {} steps, {} updates, {} in {}{}", signal == 0 ? "done" : "stopped",
                  state_.steps, state_.updates, duration_text(elapsed_s()), folder_.string(),
                  signal == 0 ? "" : "; go on with: foresight resume " + folder_.string()));
  return signal;
}

bool Trainer::is_over() const {
  const TrainConfig& train = experiment_.config.train;
  const bool is_late = train.time_limit_min > 0.0 && elapsed_s() >= 60.0 * train.time_limit_min;
  return state_.steps >= train.steps || is_late || signal_.received() != 0;
}

// True once after each multiple of `every`; 0 is never.
bool Trainer::is_due(std::int64_t every, std::int64_t last) const {
  return every > 0 && state_.steps / every > last / every;
}

void Trainer::play_step() {
  try {
    if (state_.steps < experiment_.config.train.seed_steps) {
      act_at_random();
    } else {
      act();
    }
    {
      const Stopwatch watch(speed_.game_s);
      games_.step(actions_);
      observe();
      change_phase();  // before the next episodes begin
      games_.advance();
    }
    learn();
  } catch (const Error& error) {
    fail("at step {} (update {}): {}\n  run folder: {}", state_.steps, state_.updates, error.what(),
         folder_.string());
  }
}

void Trainer::act_at_random() {
  for (float& action : actions_) {
    action = static_cast<float>(seed_action_rng_.uniform(-1.0, 1.0));
  }
}

void Trainer::act() {
  const Stopwatch watch(speed_.act_s);
  const auto first_step = games_.first_step();
  for (std::size_t game = 0; game < actor_begins_.size(); ++game) {
    actor_begins_[game] |= first_step[game];
  }
  const EnvSpec& spec = games_.spec();
  for (ActorGroup& group : actors_) {
    group.actor->act(games_.observations().subspan(group.first_game * spec.observation_dim,
                                                   group.num_games * spec.observation_dim),
                     std::span(actor_begins_).subspan(group.first_game, group.num_games),
                     std::span(actions_).subspan(group.first_game * spec.action_dim,
                                                 group.num_games * spec.action_dim));
    window_.add(group.actor->metrics());
  }
  std::fill(actor_begins_.begin(), actor_begins_.end(), std::uint8_t{0});
}

void Trainer::observe() {
  for (std::int64_t game = 0; game < games_.num_games(); ++game) {
    agent_->observe(games_.transition(game));
  }
  state_.steps += games_.num_games();
  speed_.steps += games_.num_games();
  for (const FinishedEpisode& episode : games_.finished()) note_episode(episode);
}

void Trainer::note_episode(const FinishedEpisode& episode) {
  ++state_.episodes;
  window_.add("episode/return", episode.total_reward);
  window_.add("episode/length", static_cast<double>(episode.length));
  const auto& terms = games_.spec().reward_terms;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    window_.add("episode/reward_" + terms[i], episode.reward_terms[i]);
  }
  if (!episode.opponent.empty()) {
    const double win = episode.outcome == Outcome::kWin ? 1.0 : 0.0;
    window_.add("episode/win_rate", win);
    window_.add("episode/" + episode.opponent + "/win_rate", win);
  }
  // A moving average over about the last 20 episodes.
  shown_.episode_return = shown_.has_return
                              ? 0.95 * shown_.episode_return + 0.05 * episode.total_reward
                              : episode.total_reward;
  shown_.has_return = true;
}

void Trainer::change_phase() {
  const Phase& phase = experiment_.phases[state_.phase];
  const std::int64_t steps = state_.steps - state_.phase_begin_steps;
  const std::int64_t episodes = state_.episodes - state_.phase_begin_episodes;
  const bool is_over = (phase.steps > 0 && steps >= phase.steps) ||
                       (phase.episodes > 0 && episodes >= phase.episodes);
  if (!is_over || state_.phase + 1 >= std::ssize(experiment_.phases)) return;
  ++state_.phase;
  state_.phase_begin_steps = state_.steps;
  state_.phase_begin_episodes = state_.episodes;
  games_.set_phase(static_cast<std::size_t>(state_.phase));
  progress_.say(fmt::format("phase {} of {} begins at step {}", state_.phase + 1,
                            experiment_.phases.size(), state_.steps));
}

// Updates are owed for steps from the moment that the agent can learn, never for earlier ones.
void Trainer::learn() {
  const TrainConfig& train = experiment_.config.train;
  if (state_.steps < train.seed_steps || !agent_->can_update()) return;
  const Stopwatch watch(speed_.update_s);
  if (!state_.is_pretrained) {
    state_.is_pretrained = true;
    state_.update_credit += static_cast<double>(train.pretrain_updates);
  }
  state_.update_credit += train.updates_per_step * static_cast<double>(games_.num_games());
  constexpr double kOne = 1.0 - 1e-9;  // ten times 0.1 is a little less than 1
  while (state_.update_credit >= kOne && signal_.received() == 0) {
    state_.update_credit -= 1.0;
    update_once();
    show_progress();
  }
}

void Trainer::update_once() {
  const Metrics metrics = agent_->update();
  for (const auto& [name, value] : metrics) {
    if (!std::isfinite(value)) fail("{} is {}: training has diverged", name, value);
  }
  window_.add(metrics);
  ++state_.updates;
  ++speed_.updates;
}

void Trainer::log_metrics() {
  state_.last_log_steps = state_.steps;
  window_.add("train/episodes", static_cast<double>(state_.episodes));
  window_.add("train/updates", static_cast<double>(state_.updates));
  window_.add("train/phase", static_cast<double>(state_.phase + 1));
  log_speed();
  log_.write(state_.steps, elapsed_s(), window_.take());
}

void Trainer::log_speed() {
  const double seconds = std::max(elapsed_s() - speed_.begin_s, 1e-9);
  window_.add("speed/env_steps_per_s", static_cast<double>(speed_.steps) / seconds);
  window_.add("speed/updates_per_s", static_cast<double>(speed_.updates) / seconds);
  window_.add("speed/act_share", speed_.act_s / seconds);
  window_.add("speed/game_share", speed_.game_s / seconds);
  window_.add("speed/update_share", speed_.update_s / seconds);
  shown_.steps_per_s = static_cast<double>(speed_.steps) / seconds;
  shown_.updates_per_s = static_cast<double>(speed_.updates) / seconds;
  speed_ = {.begin_s = elapsed_s()};
}

void Trainer::show_progress() {
  const double seconds = elapsed_s() - speed_.begin_s;
  constexpr double kEnough = 3.0;  // a rate over less is noise
  if (seconds > kEnough) {
    shown_.steps_per_s = static_cast<double>(speed_.steps) / seconds;
    shown_.updates_per_s = static_cast<double>(speed_.updates) / seconds;
  }
  shown_.steps = state_.steps;
  shown_.left_s = estimate_left_s();
  const std::size_t num_phases = experiment_.phases.size();
  if (state_.steps < experiment_.config.train.seed_steps) {
    shown_.activity = "warm-up";
  } else {
    shown_.activity =
        num_phases == 1 ? "" : fmt::format("phase {} of {}", state_.phase + 1, num_phases);
  }
  progress_.update(shown_);
}

// From the mean rate since the random steps ended, evaluations included; negative: unknown.
double Trainer::estimate_left_s() {
  const TrainConfig& train = experiment_.config.train;
  if (state_.steps < train.seed_steps) return -1.0;
  if (rate_begin_steps_ < 0) {
    rate_begin_steps_ = state_.steps;
    rate_begin_s_ = elapsed_s();
  }
  const std::int64_t steps = state_.steps - rate_begin_steps_;
  if (steps == 0) return -1.0;
  const double left_s = static_cast<double>(train.steps - state_.steps) *
                        (elapsed_s() - rate_begin_s_) / static_cast<double>(steps);
  if (train.time_limit_min == 0.0) return std::max(left_s, 0.0);
  return std::max(0.0, std::min(left_s, 60.0 * train.time_limit_min - elapsed_s()));
}

bool Trainer::evaluation_should_stop() {
  shown_.activity = "evaluating";
  progress_.update(shown_);
  return signal_.received() != 0;
}

void Trainer::evaluate_agent() {
  const double begin_s = elapsed_s();
  const auto say = [this](const std::string& line) {
    progress_.say(fmt::format("step {}: {}", state_.steps, line));
  };
  const auto report = evaluate_as_scheduled(
      experiment_, *agent_, {.seed = derive_seed("evaluation"), .say = say, .should_stop = [this] {
                               return signal_.received() != 0;
                             }});
  if (!report.is_complete) return;
  state_.last_eval_steps = state_.steps;
  window_.add(report.results);
  window_.add(report.timings);
  window_.add("speed/eval_s", elapsed_s() - begin_s);
  shown_.win_rates = report.win_rates;
  last_results_ = report.results;
  save_model("model", report.results);
  keep_if_best(report.score, report.results);
}

// Among equals the later one: it has seen more.
void Trainer::keep_if_best(double score, const Metrics& results) {
  if (state_.has_best && score < state_.best_score) return;
  state_.has_best = true;
  state_.best_score = score;
  save_model("best", results);
}

void Trainer::save_model(const char* part, const Metrics& results) {
  replace_folder(folder_ / part, [&](const std::filesystem::path& folder) {
    agent_->save_model(folder);
    write_model_card(folder, {.name = experiment_.config.name,
                              .note = experiment_.config.note,
                              .commit = program_commit(),
                              .seed = static_cast<std::uint64_t>(experiment_.config.seed),
                              .steps = state_.steps,
                              .env = experiment_.eval_env,
                              .agent = experiment_.config.agent,
                              .results = results});
  });
}

void Trainer::save_checkpoint() {
  state_.time_s = elapsed_s();
  state_.seed_actions = seed_action_rng_.state();
  state_.num_episodes = games_.num_episodes();
  replace_folder(folder_ / "checkpoint", [&](const std::filesystem::path& folder) {
    agent_->save(folder);
    for (const ActorGroup& group : actors_) group.actor->save(folder, group.name);
    write_loop_state(folder, state_);
  });
  save_model("model", last_results_);
  last_checkpoint_s_ = elapsed_s();
}

}  // namespace foresight
