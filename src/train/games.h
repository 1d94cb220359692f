// The games that an agent learns from: environments, their opponents and the phases of training.
// A game changes to a new phase when its next episode begins.
// Axes: B games, P players, O observation, A action.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "env/vec_env.h"
#include "selfplay/opponent_pool.h"
#include "train/episode_summary.h"
#include "train/experiment_config.h"

namespace foresight {

class PhasedEnv;

class Games {
 public:
  // copies: past selves, for phases that meet them; they outlive the games.
  explicit Games(const Experiment& experiment, const CopyPool* copies = nullptr);
  ~Games();

  std::int64_t num_games() const { return vec_->num_envs(); }
  const EnvSpec& spec() const { return spec_; }

  // Begins an episode everywhere; so many of the phase are over already.
  void begin(std::size_t phase, std::int64_t num_episodes = 0);
  // For games that begin from now on, of which `num_episodes` of the phase are over.
  void set_phase(std::size_t phase, std::int64_t num_episodes = 0);

  std::span<const float> observations() const { return observations_; }     // [B, O], player 0's
  std::span<const std::uint8_t> first_step() const { return first_step_; }  // [B]
  // [B, bytes of one], empty where the environment shows no pictures.
  std::span<const std::uint8_t> images() const { return images_; }

  // Plays actions [B, A] of player 0 against the opponents. Error: a number that is not finite,
  // with game, entry and name.
  void step(std::span<const float> actions);
  // The step just played, valid until advance(). Not of a game that broke.
  Transition transition(std::int64_t game) const;
  // The same for all games, as an agent learns of it: it forgets the episodes that broke.
  void show_to(Observer& observer) const;
  // And what past selves on the other side saw of it.
  void show_past_selves_to(Observer& observer) const;
  std::int64_t num_played() const;  // games that did not break in this step
  // The same step as a past self on the other side saw it, as a step of game B + `game` of its own;
  // nothing if the opponent is none.
  std::optional<Transition> transition_of_past_self(std::int64_t game) const;
  const std::vector<FinishedEpisode>& finished() const { return finished_; }
  // Goes on to the next step: begins the next episode of the games that ended.
  void advance();
  // What was lost since the last call, also while episodes began. A broken game goes on with its
  // next episode.
  std::vector<LostEpisode> take_lost();

  // The games in progress: how each began and every action since. load() takes the place of
  // begin(); it plays the games again from their starts, since a physics engine's state cannot be
  // written down to the last bit. Error: they do not reach the same observations. Where the
  // environment is external the episode is lost instead, and the agent must forget it (take_lost).
  void save(const std::filesystem::path& folder) const;
  void load(const std::filesystem::path& folder);
  // Whether save() has left games there.
  static bool are_in(const std::filesystem::path& folder);

 private:
  struct SavedGame;
  void begin_game(std::int64_t game);
  void note_beginning(std::int64_t game, std::string opponent);
  void lose(std::int64_t game, std::string reason);
  void collect_faults(std::int64_t game);
  void play_again(std::int64_t game, const SavedGame& saved, std::span<const float> actions);
  std::span<const float> all_actions(std::int64_t game) const;
  std::optional<WinBonus> win_bonus(std::int64_t game) const;
  void play_opponents();
  void check_finite() const;
  void copy_image(std::int64_t game, std::vector<std::uint8_t>& images) const;
  std::span<const std::uint8_t> image_in(const std::vector<std::uint8_t>& images,
                                         std::int64_t game) const;
  void note_step(std::int64_t game);
  std::span<const float> row(std::span<const float> values, std::int64_t game,
                             std::int64_t width) const;

  std::vector<Phase> phases_;
  EnvSpec spec_;
  std::uint64_t seed_;
  std::size_t phase_ = 0;
  std::int64_t phase_episodes_ = 0;  // over in this phase
  std::unique_ptr<VecEnv> vec_;
  std::vector<PhasedEnv*> envs_;  // owned by vec_
  std::optional<OpponentPool> opponents_;
  std::vector<float> observations_;           // [B, O]
  std::vector<float> next_observations_;      // [B, O]
  std::vector<std::uint8_t> images_;          // [B, bytes of one]
  std::vector<std::uint8_t> next_images_;     // [B, bytes of one]
  std::vector<float> actions_;                // [B, A]
  std::vector<float> opponent_observations_;  // [B, O]
  std::vector<float> opponent_actions_;       // [B, A]
  std::vector<std::uint8_t> first_step_;
  std::vector<FinishedEpisode> running_;      // sums of the episodes in progress, [B]
  std::vector<std::size_t> phases_begun_in_;  // the phase in which each began, [B]
  std::vector<std::int64_t> begun_at_;        // and how many of its episodes were over, [B]
  std::vector<std::vector<float>> history_;   // actions of the episodes in progress, [B][t, P, A]
  std::vector<FinishedEpisode> finished_;
  std::vector<LostEpisode> lost_;
};

}  // namespace foresight
