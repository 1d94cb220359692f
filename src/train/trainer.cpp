#include "train/trainer.h"

#include <cmath>

#include "agent/model_card.h"
#include "agent/shows_pictures.h"
#include "base/error.h"
#include "base/profile.h"
#include "base/rng.h"
#include "io/atomic_folder.h"
#include "train/build_info.h"
#include "train/checkpoint.h"
#include "train/copy_folders.h"
#include "train/initial_weights.h"
#include "train/recorded_data.h"
#include "train/run_folder.h"
#include "train/scheduled_evaluation.h"

namespace foresight {
namespace {

constexpr double kOneUpdate = 1.0 - 1e-9;  // ten times 0.1 is a little less than 1

// Agents take their threads when they are made. Two halves of them work at once with overlap.
std::unique_ptr<Agent> make_agent_with_threads(const Experiment& experiment) {
  const TrainConfig& train = experiment.config.train;
  const auto threads = static_cast<int>(train.threads);
  set_compute_threads(train.overlap ? half_of_threads(threads) : threads);
  return make_agent(experiment.config.agent, experiment.env_spec,
                    static_cast<std::uint64_t>(experiment.config.seed));
}

}  // namespace

Trainer::Trainer(const Experiment& experiment, const std::filesystem::path& run_folder,
                 const TrainerOptions& options)
    : experiment_(experiment),
      folder_(run_folder),
      signal_(options.second_signal),
      agent_(make_agent_with_threads(experiment)),
      is_offline_(learns_from_data(experiment.config)),
      copies_(experiment.config.selfplay, copies_folder(run_folder)),
      games_(experiment, &copies_),
      actors_(*agent_, experiment.env_spec, experiment.config.train.num_games,
              experiment.config.train.plan_share,
              [this](std::string_view name) { return derive_seed(name); }),
      seed_action_rng_(static_cast<std::uint64_t>(experiment.config.seed), "seed actions"),
      state_(options.checkpoint.empty() ? LoopState{} : read_loop_state(options.checkpoint)),
      actions_(games_.num_games() * games_.spec().action_dim),
      log_(run_folder, options.checkpoint.empty() ? -1 : state_.steps),
      speed_(state_.time_s),
      progress_(run_folder / "log.txt", options.is_live, experiment.config.train.report_every_s),
      is_resumed_(!options.checkpoint.empty()) {
  shown_.total_steps = experiment_.config.train.steps;
  agent_->keep_files_in(lasting_folder(folder_));
  if (is_offline_) agent_->learn_from(data_folders(experiment_.config));
  if (experiment_.config.train.save_replay) {
    recorder_ =
        std::make_unique<DatasetRecorder>(recorded_folder(folder_), experiment_.env_spec,
                                          fmt::format("training of {}", experiment_.config.name));
  }
  if (is_resumed_) {
    restore(options.checkpoint);
  } else {
    load_initial_weights(experiment_.config, *agent_);
  }
  last_checkpoint_s_ = speed_.elapsed_s();
}

Trainer::~Trainer() = default;

std::uint64_t Trainer::derive_seed(std::string_view role) const {
  return Rng(static_cast<std::uint64_t>(experiment_.config.seed), role).next_u64();
}

void Trainer::restore(const std::filesystem::path& checkpoint) {
  agent_->load({checkpoint, lasting_folder(folder_)});
  drop_checkpoints_after(folder_, state_.steps);
  copies_.set_state(state_.copies);
  drop_copies_after(copies_.folder(), state_.copies.num_copies);
  if (recorder_) recorder_->load(checkpoint);
  if (!is_offline_) games_.load(checkpoint);
  const auto lost = games_.take_lost();
  for (const LostEpisode& episode : lost) {
    agent_->forget_unfinished(episode.game);
    if (recorder_) recorder_->forget_unfinished(episode.game);
  }
  note_lost(lost);
  actors_.load(checkpoint);
  actors_.set_begins(state_.actor_begins);
  seed_action_rng_.set_state(state_.seed_actions);
  window_.set_state(state_.window);
  shown_.has_return = state_.has_return;
  shown_.episode_return = state_.episode_return;
}

// A signal ends the loop between two of its parts, and a resumed run goes on with the next one: a
// step that was begun is completed before another is played.
int Trainer::run() {
  const TrainConfig& train = experiment_.config.train;
  progress_.say(is_resumed_ ? fmt::format("resumed at step {} of {}", state_.steps, train.steps)
                            : fmt::format("run folder: {}", folder_.string()));
  if (!is_resumed_ && !is_offline_) {
    freeze_copy_if_due();
    games_.begin(static_cast<std::size_t>(state_.phase));
  }
  note_lost(games_.take_lost());
  while (pay_updates() && evaluate_and_log() && !is_over()) {
    if (speed_.elapsed_s() - last_checkpoint_s_ >= 60.0 * train.checkpoint_every_min) {
      save_checkpoint();
    }
    if (is_offline_) {
      ++state_.steps;
      state_.update_credit += 1.0;
    } else {
      play_step();
    }
    show_progress();
  }
  if (signal_.received() == 0 && state_.last_eval_steps != state_.steps && evaluate_agent()) {
    log_metrics();
  }
  save_checkpoint();
  save_model(folder_ / "model");
  const int signal = signal_.received();
  progress_.say(
      fmt::format("{} after {} steps, {} updates, {} in {}{}", signal == 0 ? "done" : "stopped",
                  state_.steps, state_.updates, duration_text(speed_.elapsed_s()), folder_.string(),
                  signal == 0 ? "" : "; go on with: foresight resume " + folder_.string()));
  return signal;
}

bool Trainer::is_over() const {
  const TrainConfig& train = experiment_.config.train;
  const bool is_late =
      train.time_limit_min > 0.0 && speed_.elapsed_s() >= 60.0 * train.time_limit_min;
  return state_.steps >= train.steps || is_late || signal_.received() != 0;
}

// True once after each multiple of `every`; 0 is never.
bool Trainer::is_due(std::int64_t every, std::int64_t last) const {
  return every > 0 && state_.steps / every > last / every;
}

void Trainer::fail_here(const Error& error) const {
  fail("at step {} (update {}): {}\n  run folder: {}", state_.steps, state_.updates, error.what(),
       folder_.string());
}

// Makes the updates that the last step owes. False: a signal came before all were made.
bool Trainer::pay_updates() {
  if (experiment_.config.train.overlap) return true;
  const auto watch = speed_.update();
  while (state_.update_credit >= kOneUpdate) {
    if (signal_.received() != 0) return false;
    try {
      count_update(agent_->update());
    } catch (const Error& error) {
      fail_here(error);
    }
    state_.update_credit -= 1.0;
    show_progress();
  }
  return true;
}

// With overlap: the updates that the last step owes begin beside the next step. That one acts with
// the weights from before them and is remembered after them, so that results do not depend on who
// is faster.
void Trainer::begin_updates() {
  const auto count = static_cast<std::int64_t>(state_.update_credit / kOneUpdate);
  if (!experiment_.config.train.overlap || count == 0) return;
  if (!agent_->hold_actors()) {
    fail(
        "train.overlap = true, but this agent cannot act while it learns (TD-MPC2 can, with packed "
        "weights on the CPU)");
  }
  state_.update_credit -= static_cast<double>(count);
  background_.begin([this, count] {
    const auto watch = speed_.update();
    for (std::int64_t i = 0; i < count; ++i) background_updates_.push_back(agent_->update());
  });
}

void Trainer::finish_updates() {
  background_.finish();
  agent_->release_actors();
  for (const Metrics& metrics : background_updates_) count_update(metrics);
  background_updates_.clear();
}

void Trainer::count_update(const Metrics& metrics) {
  for (const auto& [name, value] : metrics) {
    if (!std::isfinite(value)) fail("{} is {}: training has diverged", name, value);
  }
  window_.add(metrics);
  ++state_.updates;
  speed_.count_update();
}

// False: a signal came before it was complete.
bool Trainer::evaluate_and_log() {
  const bool is_eval_due = is_due(experiment_.config.eval.every_steps, state_.last_eval_steps);
  if (is_eval_due && !evaluate_agent()) return false;
  if (is_eval_due || is_due(experiment_.config.train.log_every_steps, state_.last_log_steps)) {
    log_metrics();
  }
  return true;
}

bool Trainer::evaluate_agent() {
  const ProfileScope scope("evaluation");
  const double begin_s = speed_.elapsed_s();
  const auto say = [this](const std::string& line) {
    progress_.say(fmt::format("step {}: {}", state_.steps, line));
  };
  std::filesystem::path video_stem;
  if (experiment_.config.eval.videos > 0) {
    std::error_code ignored;  // without the folder the film is refused, with the reason
    std::filesystem::create_directory(folder_ / "videos", ignored);
    video_stem = folder_ / "videos" / fmt::format("step_{:012}", state_.steps);
  }
  const auto report =
      evaluate_as_scheduled(experiment_, *agent_,
                            {.seed = derive_seed("evaluation"),
                             .video_stem = video_stem,
                             .say = say,
                             .should_stop = [this] { return signal_.received() != 0; }});
  if (!report.is_complete) return false;
  state_.last_eval_steps = state_.steps;
  state_.results = report.results;
  window_.add(report.results);
  window_.add(report.timings);
  window_.add("speed/eval_s", speed_.elapsed_s() - begin_s);
  shown_.win_rates = report.win_rates;
  save_model(folder_ / "model");
  keep_if_best(report.score);
  if (auto* seeing = dynamic_cast<ShowsPictures*>(agent_.get())) {
    log_.write_pictures(state_.steps, seeing->pictures());
  }
  return true;
}

void Trainer::play_step() {
  try {
    begin_updates();
    choose_actions();
    const auto watch = speed_.game();
    const ProfileScope scope("games");
    games_.step(actions_);
    finish_updates();
    observe();
    change_phase();  // before the next episodes begin
    freeze_copy_if_due();
    games_.advance();
    note_lost(games_.take_lost());
  } catch (const Error& error) {
    fail_here(error);
  }
  owe_updates();
}

void Trainer::choose_actions() {
  if (state_.steps >= experiment_.config.train.seed_steps) {
    const auto watch = speed_.act();
    actors_.act(games_, actions_, window_);
    return;
  }
  for (float& action : actions_) {
    action = static_cast<float>(seed_action_rng_.uniform(-1.0, 1.0));
  }
}

void Trainer::observe() {
  games_.show_to(*agent_);
  if (recorder_) games_.show_to(*recorder_);
  if (experiment_.config.selfplay.store_both) {
    games_.show_past_selves_to(*agent_);
    if (recorder_) games_.show_past_selves_to(*recorder_);
  }
  state_.steps += games_.num_played();
  speed_.count_steps(games_.num_played());
  for (const FinishedEpisode& episode : games_.finished()) note_episode(episode);
}

// What lost episodes taught stays out of the replay; their steps were played and stay counted.
void Trainer::note_lost(const std::vector<LostEpisode>& episodes) {
  for (const LostEpisode& lost : episodes) {
    ++state_.lost_episodes;
    state_.lost_steps += lost.length;
    progress_.say(fmt::format("step {}: game {} lost an episode of {} steps: {}", state_.steps,
                              lost.game, lost.length, lost.reason));
  }
}

void Trainer::note_episode(const FinishedEpisode& episode) {
  ++state_.episodes;
  window_.add("episode/return", episode.total_reward);
  window_.add("episode/length", static_cast<double>(episode.length));
  const auto& terms = games_.spec().reward_terms;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    window_.add("episode/reward_" + terms[i], episode.reward_terms[i]);
  }
  const double win = episode.outcome == Outcome::kWin ? 1.0 : 0.0;
  if (games_.spec().reports_success) window_.add("episode/success", win);
  if (!episode.opponent.empty()) {
    const bool is_copy = CopyPool::is_copy(episode.opponent);
    window_.add("episode/win_rate", win);
    window_.add(fmt::format("episode/{}/win_rate",
                            is_copy ? kPastSelves : std::string_view(episode.opponent)),
                win);
    const double score = episode.outcome == Outcome::kNone ? 0.5 : win;
    if (experiment_.has_selfplay) copies_.note_result(episode.opponent, score);
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
  const bool is_phase_over = (phase.steps > 0 && steps >= phase.steps) ||
                             (phase.episodes > 0 && episodes >= phase.episodes);
  if (!is_phase_over || state_.phase + 1 >= std::ssize(experiment_.phases)) {
    games_.set_phase(static_cast<std::size_t>(state_.phase), episodes);
    return;
  }
  ++state_.phase;
  state_.phase_begin_steps = state_.steps;
  state_.phase_begin_episodes = state_.episodes;
  games_.set_phase(static_cast<std::size_t>(state_.phase));
  progress_.say(fmt::format("phase {} of {} begins at step {}", state_.phase + 1,
                            experiment_.phases.size(), state_.steps));
}

// The learner as it is now becomes one of its own opponents.
void Trainer::freeze_copy_if_due() {
  if (!experiment_.has_selfplay || !copies_.is_due(state_.episodes)) return;
  const double win_rate = copies_.win_rate_against_pool();
  const std::string name = copies_.add(state_.episodes);
  make_copies_folder(copies_.folder());
  save_model(copies_.folder_of(name));
  progress_.say(
      fmt::format("step {}, episode {}: {} enters the pool of {} (win rate against it {:.2f})",
                  state_.steps, state_.episodes, name, copies_.names().size(), win_rate));
}

// Updates are owed for steps from the moment that the agent can learn, never for earlier ones.
void Trainer::owe_updates() {
  const TrainConfig& train = experiment_.config.train;
  if (state_.steps < train.seed_steps || !agent_->can_update()) return;
  if (!state_.is_pretrained) {
    state_.is_pretrained = true;
    state_.update_credit += static_cast<double>(train.pretrain_updates);
  }
  state_.update_credit += train.updates_per_step * static_cast<double>(games_.num_played());
}

void Trainer::log_metrics() {
  state_.last_log_steps = state_.steps;
  window_.add("train/episodes", static_cast<double>(state_.episodes));
  window_.add("train/updates", static_cast<double>(state_.updates));
  if (games_.spec().is_external) {
    window_.add("train/lost_episodes", static_cast<double>(state_.lost_episodes));
    window_.add("train/lost_steps", static_cast<double>(state_.lost_steps));
  }
  window_.add("train/phase", static_cast<double>(state_.phase + 1));
  if (experiment_.has_selfplay) {
    for (const auto& [opponent, record] : copies_.win_rates().state()) {
      window_.add("win_rate/" + opponent, copies_.win_rates().rate(opponent));
    }
  }
  speed_.report(window_, shown_);
  log_.write(state_.steps, speed_.elapsed_s(), window_.take());
}

void Trainer::show_progress() {
  const TrainConfig& train = experiment_.config.train;
  const std::size_t num_phases = experiment_.phases.size();
  const bool is_warm_up = state_.steps < train.seed_steps;
  speed_.show(shown_);
  shown_.steps = state_.steps;
  shown_.left_s =
      is_warm_up ? -1.0
                 : speed_.estimate_left_s(state_.steps, train.steps, 60.0 * train.time_limit_min);
  shown_.activity = is_warm_up        ? "warm-up"
                    : num_phases == 1 ? ""
                                      : fmt::format("phase {} of {}", state_.phase + 1, num_phases);
  progress_.update(shown_);
}

// Among equals the later one: it has seen more.
void Trainer::keep_if_best(double score) {
  if (state_.has_best && score < state_.best_score) return;
  state_.has_best = true;
  state_.best_score = score;
  save_model(folder_ / "best");
}

void Trainer::save_model(const std::filesystem::path& target) {
  replace_folder(target, [&](const std::filesystem::path& folder) {
    agent_->save_model(folder);
    write_model_card(folder, {.name = experiment_.config.name,
                              .note = experiment_.config.note,
                              .commit = program_commit(),
                              .seed = static_cast<std::uint64_t>(experiment_.config.seed),
                              .steps = state_.steps,
                              .env = experiment_.eval_env,
                              .agent = experiment_.config.agent,
                              .results = state_.results});
  });
}

void Trainer::save_checkpoint() {
  const ProfileScope scope("checkpoint");
  state_.time_s = speed_.elapsed_s();
  state_.seed_actions = seed_action_rng_.state();
  state_.actor_begins = actors_.begins();
  state_.window = window_.state();
  state_.copies = copies_.state();
  state_.has_return = shown_.has_return;
  state_.episode_return = shown_.episode_return;
  std::vector<std::filesystem::path> earlier;
  for (const Checkpoint& checkpoint : checkpoints_of(folder_)) earlier.push_back(checkpoint.folder);
  write_checkpoint(folder_, state_.steps, [&](const std::filesystem::path& folder) {
    agent_->save({folder, lasting_folder(folder_), earlier});
    actors_.save(folder);
    if (!is_offline_) games_.save(folder);
    if (recorder_) recorder_->save(folder);
    write_loop_state(folder, state_);
    save_config(folder, experiment_.config);
  });
  prune_checkpoints(folder_, experiment_.config.train.keep_checkpoints);
  last_checkpoint_s_ = speed_.elapsed_s();
}

}  // namespace foresight
