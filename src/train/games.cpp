#include "train/games.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "selfplay/copy_pool.h"
#include "train/phased_env.h"

namespace foresight {
namespace {

std::uint64_t games_seed(const ExperimentConfig& config) {
  return Rng(static_cast<std::uint64_t>(config.seed), "games").next_u64();
}

std::string entry_name(const EnvSpec& spec, std::size_t index) {
  return index < spec.observation_names.size()
             ? fmt::format("{} ({})", index, spec.observation_names[index])
             : fmt::format("{}", index);
}

}  // namespace

Games::Games(const Experiment& experiment, const CopyPool* copies)
    : phases_(experiment.phases), spec_(experiment.env_spec), seed_(games_seed(experiment.config)) {
  const std::int64_t num_games = experiment.config.train.num_games;
  std::vector<std::unique_ptr<Env>> envs;
  for (std::int64_t game = 0; game < num_games; ++game) {
    auto env = std::make_unique<PhasedEnv>(make_env(phases_[0].env));
    envs_.push_back(env.get());
    envs.push_back(std::move(env));
  }
  vec_ = std::make_unique<VecEnv>(
      std::move(envs),
      VecEnvOptions{
          .seed = seed_, .auto_reset = false, .num_threads = experiment.config.train.env_threads});
  if (spec_.num_players > 1) {
    opponents_.emplace(
        OpponentContext{
            .env = spec_, .num_games = num_games, .seed = Rng(seed_, "opponents").next_u64()},
        copies);
    opponent_observations_.resize(num_games * spec_.observation_dim);
    opponent_actions_.resize(num_games * spec_.action_dim);
  }
  observations_.resize(num_games * spec_.observation_dim);
  next_observations_.resize(num_games * spec_.observation_dim);
  if (spec_.image) {
    images_.resize(num_games * spec_.image->num_bytes());
    next_images_.resize(images_.size());
  }
  actions_.resize(num_games * spec_.action_dim);
  first_step_.resize(num_games, 1);
  running_.resize(num_games);
  phases_begun_in_.resize(num_games, 0);
  begun_at_.resize(num_games, 0);
  history_.resize(num_games);
}

Games::~Games() = default;

void Games::begin(std::size_t phase, std::int64_t num_episodes) {
  phase_ = 0;  // the one that the environments were made for
  set_phase(phase, num_episodes);
  if (opponents_) opponents_->set_mixture(phases_[phase_].opponents);
  for (std::int64_t game = 0; game < num_games(); ++game) begin_game(game);
}

void Games::set_phase(std::size_t phase, std::int64_t num_episodes) {
  FS_CHECK(phase < phases_.size(), "phase {} of {}", phase, phases_.size());
  phase_episodes_ = num_episodes;
  if (phase == phase_) return;
  // Shaping has left the environments at some point of its schedule.
  const bool has_new_env =
      phases_[phase].env != phases_[phase_].env || !phases_[phase_].shaping.empty();
  phase_ = phase;
  for (PhasedEnv* env : envs_) {
    if (has_new_env) env->become(make_env(phases_[phase].env));
  }
  if (opponents_) opponents_->set_mixture(phases_[phase].opponents);
}

void Games::begin_game(std::int64_t game) {
  if (opponents_) {
    opponents_->begin_game(game, episode_seed(seed_, game, vec_->num_episodes()[game]));
  }
  phases_begun_in_[game] = phase_;
  begun_at_[game] = phase_episodes_;
  const Phase& phase = phases_[phase_];
  if (!phase.shaping.empty()) {
    envs_[game]->become(make_env(env_at(phase.env, phase.shaping, phase_episodes_)));
  }
  note_beginning(game, opponents_ ? opponents_->name(game) : "");
}

// The opponent is there already.
void Games::note_beginning(std::int64_t game, std::string opponent) {
  running_[game] = {.game = game,
                    .opponent = std::move(opponent),
                    .reward_terms = std::vector<double>(spec_.reward_terms.size(), 0.0)};
  history_[game].clear();
  vec_->reset(game);
  if (spec_.is_external) collect_faults(game);
  const auto observation = vec_->observation(game, 0);
  std::copy(observation.begin(), observation.end(),
            observations_.begin() + game * spec_.observation_dim);
  copy_image(game, images_);
  first_step_[game] = 1;
}

void Games::step(std::span<const float> actions) {
  FS_CHECK(actions.size() == actions_.size(), "{} action numbers, expected {}", actions.size(),
           actions_.size());
  std::copy(actions.begin(), actions.end(), actions_.begin());
  for (std::int64_t game = 0; game < num_games(); ++game) {
    const auto action = row(actions_, game, spec_.action_dim);
    for (std::size_t i = 0; i < action.size(); ++i) {
      if (!std::isfinite(action[i])) fail("game {}: action {} is {}", game, i, action[i]);
    }
    std::copy(action.begin(), action.end(), vec_->actions(game, 0).begin());
  }
  if (opponents_) play_opponents();
  for (std::int64_t game = 0; game < num_games(); ++game) {
    const auto played = all_actions(game);
    history_[game].insert(history_[game].end(), played.begin(), played.end());
  }
  vec_->step();
  finished_.clear();
  for (std::int64_t game = 0; game < num_games(); ++game) note_step(game);
  check_finite();
}

void Games::play_opponents() {
  for (std::int64_t game = 0; game < num_games(); ++game) {
    const auto observation = vec_->observation(game, 1);
    std::copy(observation.begin(), observation.end(),
              opponent_observations_.begin() + game * spec_.observation_dim);
  }
  opponents_->act(opponent_observations_, opponent_actions_);
  for (std::int64_t game = 0; game < num_games(); ++game) {
    const auto action = row(opponent_actions_, game, spec_.action_dim);
    std::copy(action.begin(), action.end(), vec_->actions(game, 1).begin());
  }
}

void Games::note_step(std::int64_t game) {
  if (vec_->broken()[game]) {
    collect_faults(game);
    return;
  }
  const auto observation = vec_->observation(game, 0);
  std::copy(observation.begin(), observation.end(),
            next_observations_.begin() + game * spec_.observation_dim);
  copy_image(game, next_images_);
  FinishedEpisode& episode = running_[game];
  episode.total_reward += vec_->rewards()[game];
  episode.outcome = vec_->outcomes()[game];
  ++episode.length;
  const std::size_t num_terms = spec_.reward_terms.size();
  for (std::size_t i = 0; i < num_terms; ++i) {
    episode.reward_terms[i] += vec_->reward_terms()[game * num_terms + i];
  }
  if (vec_->terminated()[game] || vec_->truncated()[game]) finished_.push_back(episode);
}

void Games::copy_image(std::int64_t game, std::vector<std::uint8_t>& images) const {
  if (images.empty()) return;
  const auto image = vec_->image(game);
  FS_CHECK(std::ssize(image) == spec_.image->num_bytes(), "game {}: a picture of {} bytes", game,
           image.size());
  std::ranges::copy(image, images.begin() + game * std::ssize(image));
}

std::span<const std::uint8_t> Games::image_in(const std::vector<std::uint8_t>& images,
                                              std::int64_t game) const {
  if (images.empty()) return {};
  const auto size = static_cast<std::size_t>(spec_.image->num_bytes());
  return std::span(images).subspan(static_cast<std::size_t>(game) * size, size);
}

void Games::check_finite() const {
  for (std::int64_t game = 0; game < num_games(); ++game) {
    if (vec_->broken()[game]) continue;
    if (!std::isfinite(vec_->rewards()[game])) {
      fail("game {}, step {}: the reward is {}", game, running_[game].length,
           vec_->rewards()[game]);
    }
    if (!std::isfinite(vec_->opponent_rewards()[game])) {
      fail("game {}, step {}: the opponent's reward is {}", game, running_[game].length,
           vec_->opponent_rewards()[game]);
    }
    const auto observation = row(next_observations_, game, spec_.observation_dim);
    for (std::size_t i = 0; i < observation.size(); ++i) {
      if (std::isfinite(observation[i])) continue;
      fail("game {}, step {}: observation {} is {}", game, running_[game].length,
           entry_name(spec_, i), observation[i]);
    }
  }
}

std::span<const float> Games::row(std::span<const float> values, std::int64_t game,
                                  std::int64_t width) const {
  return values.subspan(game * width, width);
}

void Games::collect_faults(std::int64_t game) {
  for (EnvFault& fault : envs_[game]->take_faults()) {
    lost_.push_back({game, fault.dropped_steps, std::move(fault.text)});
  }
}

void Games::lose(std::int64_t game, std::string reason) {
  lost_.push_back({game, running_[game].length, std::move(reason)});
  begin_game(game);
}

std::vector<LostEpisode> Games::take_lost() { return std::exchange(lost_, {}); }

std::int64_t Games::num_played() const {
  return num_games() - std::ranges::count_if(vec_->broken(), [](auto flag) { return flag != 0; });
}

void Games::show_to(Observer& observer) const {
  for (std::int64_t game = 0; game < num_games(); ++game) {
    if (vec_->broken()[game]) {
      observer.forget_unfinished(game);
    } else {
      observer.observe(transition(game));
    }
  }
}

void Games::show_past_selves_to(Observer& observer) const {
  for (std::int64_t game = 0; game < num_games(); ++game) {
    if (vec_->broken()[game]) {
      observer.forget_unfinished(num_games() + game);
    } else if (const auto mirrored = transition_of_past_self(game)) {
      observer.observe(*mirrored);
    }
  }
}

Transition Games::transition(std::int64_t game) const {
  FS_CHECK(!vec_->broken()[game], "game {} broke in this step", game);
  const bool is_duel = opponents_.has_value();
  const std::string& opponent = running_[game].opponent;
  return {.game = game,
          .observation = row(observations_, game, spec_.observation_dim),
          .action = row(actions_, game, spec_.action_dim),
          .reward = vec_->rewards()[game],
          .next_observation = row(next_observations_, game, spec_.observation_dim),
          .terminated = vec_->terminated()[game] != 0,
          .truncated = vec_->truncated()[game] != 0,
          .outcome = static_cast<int>(vec_->outcomes()[game]),
          .image = image_in(images_, game),
          .next_image = image_in(next_images_, game),
          .opponent_action =
              is_duel ? row(opponent_actions_, game, spec_.action_dim) : std::span<const float>{},
          .opponent = CopyPool::is_copy(opponent) ? kPastSelves : std::string_view(opponent),
          .win_bonus = win_bonus(game)};
}

std::optional<Transition> Games::transition_of_past_self(std::int64_t game) const {
  if (!opponents_ || !CopyPool::is_copy(opponents_->name(game))) return std::nullopt;
  return Transition{.game = num_games() + game,
                    .observation = row(opponent_observations_, game, spec_.observation_dim),
                    .action = row(opponent_actions_, game, spec_.action_dim),
                    .reward = vec_->opponent_rewards()[game],
                    .next_observation = vec_->observation(game, 1),
                    .terminated = vec_->terminated()[game] != 0,
                    .truncated = vec_->truncated()[game] != 0,
                    .outcome = -static_cast<int>(vec_->outcomes()[game]),
                    .opponent_action = row(actions_, game, spec_.action_dim),
                    .opponent = kPastSelves,
                    .win_bonus = win_bonus(game)};
}

std::optional<WinBonus> Games::win_bonus(std::int64_t game) const {
  const auto& schedule = phases_[phases_begun_in_[game]].win_bonus;
  if (!schedule) return std::nullopt;
  return WinBonus{.bonus = schedule->bonus.at(begun_at_[game]),
                  .discount = schedule->discount.at(begun_at_[game])};
}

void Games::advance() {
  observations_.swap(next_observations_);
  images_.swap(next_images_);
  std::fill(first_step_.begin(), first_step_.end(), std::uint8_t{0});
  for (std::int64_t game = 0; game < num_games(); ++game) {
    if (vec_->terminated()[game] || vec_->truncated()[game] || vec_->broken()[game]) {
      begin_game(game);
    }
  }
}

// [P, A] of the step to be played.
std::span<const float> Games::all_actions(std::int64_t game) const {
  const std::int64_t width = spec_.num_players * spec_.action_dim;
  return std::span<const float>(vec_->actions()).subspan(game * width, width);
}

}  // namespace foresight
