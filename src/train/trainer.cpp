#include "train/trainer.h"

#include <cmath>

#include "agent/shows_pictures.h"
#include "base/error.h"
#include "base/profile.h"
#include "base/rng.h"
#include "train/build_info.h"
#include "train/checkpoint.h"
#include "train/copy_folders.h"
#include "train/initial_weights.h"
#include "train/rank_share.h"
#include "train/recorded_data.h"
#include "train/run_folder.h"
#include "train/scheduled_evaluation.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

constexpr double kOneUpdate = 1.0 - 1e-9;  // ten times 0.1 is a little less than 1

// Agents take their threads when they are made. With overlap, acting and updating have as many
// each: which of them has more to do is not known, and with half of the threads each the longer one
// would wait for cores that the other leaves idle. Its weights come from the seed of the whole run.
std::unique_ptr<Agent> make_agent_with_threads(const Experiment& experiment, std::int64_t seed,
                                               const CommonCourse& course) {
  const TrainConfig& train = experiment.config.train;
  set_compute_threads(static_cast<int>(train.threads));
  auto agent =
      make_agent(experiment.config.agent, experiment.env_spec, static_cast<std::uint64_t>(seed));
  if (!course.is_alone()) agent->join(course.ranks(), course.stream());
  return agent;
}

std::uint64_t evaluation_seed(const ExperimentConfig& config) {
  return Rng(static_cast<std::uint64_t>(config.seed), "evaluation").next_u64();
}

fs::path made_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) fail("cannot make the folder {}: {}", folder.string(), problem.message());
  return folder;
}

}  // namespace

Trainer::Trainer(const Experiment& experiment, const fs::path& run_folder,
                 const TrainerOptions& options)
    : experiment_(experiment),
      run_folder_(run_folder),
      course_(options.ranks == nullptr ? alone_ : *options.ranks, options.checkpoint),
      share_(share_of(experiment, course_.ranks(), course_.stream())),
      folder_(made_folder(rank_folder(run_folder, course_.seat()))),
      signal_(options.second_signal),
      agent_(make_agent_with_threads(share_, experiment.config.seed, course_)),
      is_offline_(learns_from_data(experiment.config)),
      copies_(experiment.config.selfplay, copies_folder(folder_)),
      games_(make_step_source({.experiment = share_,
                               .agent = *agent_,
                               .copies = copies_,
                               .run_folder = folder_,
                               .say = [this](const std::string& line) { progress_.say(line); },
                               .should_stop = [this] { return signal_.received() != 0; }})),
      speed_(options.checkpoint.empty() ? 0.0 : read_loop_state(options.checkpoint).time_s),
      progress_(folder_ / "log.txt", options.is_live, experiment.config.train.report_every_s),
      is_resumed_(!options.checkpoint.empty()) {
  shown_.total_steps = experiment_.config.train.steps;
  agent_->keep_files_in(own_lasting_folder());
  if (is_offline_) agent_->learn_from(data_folders(experiment_.config));
  if (experiment_.config.train.save_replay) {
    recorder_ =
        std::make_unique<DatasetRecorder>(recorded_folder(folder_), experiment_.env_spec,
                                          fmt::format("training of {}", experiment_.config.name));
  }
  if (!is_resumed_) {
    load_initial_weights(experiment_.config, *agent_);
  } else if (course_.earlier_seats().empty()) {
    restore(options.checkpoint);
  } else {
    share_out(options.checkpoint);
  }
  if (course_.is_first()) log_.emplace(run_folder, is_resumed_ ? state_.steps : -1);
  last_checkpoint_s_ = speed_.elapsed_s();
}

Trainer::~Trainer() = default;

// A signal ends the loop between two of its parts, and a resumed run goes on with the next one: a
// step that was begun is completed before another is played.
int Trainer::run() {
  const TrainConfig& train = experiment_.config.train;
  progress_.say(is_resumed_ ? fmt::format("resumed at step {} of {}", state_.steps, train.steps)
                            : fmt::format("run folder: {}", folder_.string()));
  if (!is_resumed_ && !is_offline_) {
    freeze_copy_if_due();
    games_->begin(static_cast<std::size_t>(state_.phase));
  }
  note_lost(games_->take_lost());
  while (pay_updates() && evaluate_and_log() && !is_over()) {
    if (is_checkpoint_due_) save_checkpoint();
    if (is_offline_) {
      ++state_.steps;
      state_.update_credit += 1.0;
    } else {
      play_step();
    }
    show_progress();
  }
  if (agreed_signal_ == 0 && state_.last_eval_steps != state_.steps && evaluate_agent()) {
    log_metrics();
  }
  save_checkpoint();
  if (course_.is_first()) save_model(folder_ / "model");
  const int signal = agreed_signal_;
  progress_.say(
      fmt::format("{} after {} steps, {} updates, {} in {}{}", signal == 0 ? "done" : "stopped",
                  state_.steps, state_.updates, duration_text(speed_.elapsed_s()), folder_.string(),
                  signal == 0 ? "" : "; go on with: foresight resume " + folder_.string()));
  return signal;
}

bool Trainer::is_over() {
  const TrainConfig& train = experiment_.config.train;
  const double elapsed_s = speed_.elapsed_s();
  const Turn turn = course_.agree(
      {.signal = signal_.received(),
       .is_late = train.time_limit_min > 0.0 && elapsed_s >= 60.0 * train.time_limit_min,
       .is_checkpoint_due = elapsed_s - last_checkpoint_s_ >= 60.0 * train.checkpoint_every_min});
  agreed_signal_ = turn.signal;
  is_checkpoint_due_ = turn.is_checkpoint_due;
  return state_.steps >= train.steps || turn.is_late || turn.signal != 0;
}

void Trainer::check_ranks_are_alike() const {
  if (!course_.is_alone()) course_.check_alike(agent_->weights_checksum());
}

int Trainer::agreed_signal() {
  agreed_signal_ = course_.agree_on_signal(signal_.received());
  return agreed_signal_;
}

// True once after each multiple of `every`; 0 is never.
bool Trainer::is_due(std::int64_t every, std::int64_t last) const {
  return every > 0 && state_.steps / every > last / every;
}

void Trainer::fail_here(const Error& error) const {
  fail("at step {} (update {}): {}\n  run folder: {}", state_.steps, state_.updates, error.what(),
       run_folder_.string());
}

// Makes the updates that the last step owes. False: a signal came before all were made.
bool Trainer::pay_updates() {
  if (experiment_.config.train.overlap) return true;
  const auto watch = speed_.update();
  while (state_.update_credit >= kOneUpdate) {
    if (agreed_signal() != 0) return false;
    try {
      count_update(agent_->update());
    } catch (const Error& error) {
      fail_here(error);
    }
    state_.update_credit -= 1.0;
    games_->note_updates(state_.updates);
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

// Rank 0 does, the others wait for it.
bool Trainer::evaluate_agent() {
  if (!course_.as_first_says(!course_.is_first() || evaluate_for_all())) {
    agreed_signal();
    return false;
  }
  state_.last_eval_steps = state_.steps;
  return true;
}

bool Trainer::evaluate_for_all() {
  const ProfileScope scope("evaluation");
  const double begin_s = speed_.elapsed_s();
  const auto say = [this](const std::string& line) {
    progress_.say(fmt::format("step {}: {}", state_.steps, line));
  };
  fs::path video_stem;
  if (experiment_.config.eval.videos > 0) {
    std::error_code ignored;  // without the folder the film is refused, with the reason
    std::filesystem::create_directory(folder_ / "videos", ignored);
    video_stem = folder_ / "videos" / fmt::format("step_{:012}", state_.steps);
  }
  const auto report =
      evaluate_as_scheduled(experiment_, *agent_,
                            {.seed = evaluation_seed(experiment_.config),
                             .video_stem = video_stem,
                             .say = say,
                             .should_stop = [this] { return signal_.received() != 0; }});
  if (!report.is_complete) return false;
  state_.results = report.results;
  window_.add(report.results);
  window_.add(report.timings);
  window_.add("speed/eval_s", speed_.elapsed_s() - begin_s);
  shown_.win_rates = report.win_rates;
  save_model(folder_ / "model");
  keep_if_best(report.score);
  if (auto* seeing = dynamic_cast<ShowsPictures*>(agent_.get()); seeing != nullptr && log_) {
    log_->write_pictures(state_.steps, seeing->pictures());
  }
  return true;
}

void Trainer::play_step() {
  try {
    begin_updates();
    const bool is_warm_up = state_.steps < experiment_.config.train.seed_steps;
    games_->play(is_warm_up ? StepSource::Actions::kRandom : StepSource::Actions::kOfAgent, speed_,
                 window_);
    finish_updates();
    observe();
    change_phase();  // before the next episodes begin
    freeze_copy_if_due();
    games_->advance();
    note_lost(games_->take_lost());
  } catch (const Error& error) {
    fail_here(error);
  }
  owe_updates();
}

void Trainer::observe() {
  games_->show_to(*agent_);
  if (recorder_) games_->show_to(*recorder_);
  if (experiment_.config.selfplay.store_both) {
    games_->show_past_selves_to(*agent_);
    if (recorder_) games_->show_past_selves_to(*recorder_);
  }
  step_ = course_.add_up({.steps = games_->num_played(),
                          .episodes = std::ssize(games_->finished()),
                          .can_update = agent_->can_update() ? 1 : 0});
  state_.steps += step_.steps;
  state_.episodes += step_.episodes;
  speed_.count_steps(step_.steps);
  for (const FinishedEpisode& episode : games_->finished()) note_episode(episode);
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
  window_.add("episode/return", episode.total_reward);
  window_.add("episode/length", static_cast<double>(episode.length));
  const auto& terms = experiment_.env_spec.reward_terms;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    window_.add("episode/reward_" + terms[i], episode.reward_terms[i]);
  }
  const double win = episode.outcome == Outcome::kWin ? 1.0 : 0.0;
  if (experiment_.env_spec.reports_success) window_.add("episode/success", win);
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
    games_->set_phase(static_cast<std::size_t>(state_.phase), episodes);
    return;
  }
  ++state_.phase;
  state_.phase_begin_steps = state_.steps;
  state_.phase_begin_episodes = state_.episodes;
  games_->set_phase(static_cast<std::size_t>(state_.phase), 0);
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
  if (state_.steps < train.seed_steps || step_.can_update < course_.num_ranks()) return;
  if (!state_.is_pretrained) {
    state_.is_pretrained = true;
    state_.update_credit += static_cast<double>(train.pretrain_updates);
  }
  state_.update_credit += train.updates_per_step * static_cast<double>(step_.steps);
}

void Trainer::log_metrics() {
  state_.last_log_steps = state_.steps;
  check_ranks_are_alike();
  window_.add("train/episodes", static_cast<double>(state_.episodes));
  window_.add("train/updates", static_cast<double>(state_.updates));
  if (games_->can_lose()) {
    const auto add = [&](const char* name, std::int64_t own) {
      window_.add(name, static_cast<double>(course_.add_up(own)));
    };
    add("train/lost_episodes", state_.lost_episodes);
    add("train/lost_steps", state_.lost_steps);
  }
  window_.add("train/phase", static_cast<double>(state_.phase + 1));
  if (experiment_.has_selfplay) {
    for (const auto& [opponent, record] : copies_.win_rates().state()) {
      window_.add("win_rate/" + opponent, copies_.win_rates().rate(opponent));
    }
  }
  window_.set_state(course_.merge(window_));
  speed_.report(window_, shown_);
  const Metrics row = window_.take();
  if (log_) log_->write(state_.steps, speed_.elapsed_s(), row);
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

}  // namespace foresight
