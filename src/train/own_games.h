// The games that a process plays itself, with its agent's actions: what the loop learns from unless
// actors play for it, and what an actor process plays.
// Axes: B games, A action.
#pragma once

#include <vector>

#include "train/games.h"
#include "train/step_source.h"
#include "train/training_actors.h"

namespace foresight {

class OwnGames : public StepSource {
 public:
  // copies: past selves; they and the agent outlive the games.
  OwnGames(const Experiment& experiment, Agent& agent, const CopyPool& copies);

  void begin(std::size_t phase) override { begin(phase, 0); }
  void begin(std::size_t phase, std::int64_t num_episodes) { games_.begin(phase, num_episodes); }
  void save(const std::filesystem::path& folder, LoopState& state) const override;
  // A checkpoint of a run whose games other processes played holds none: all begin anew.
  void load(const std::filesystem::path& folder, const LoopState& state) override;
  void set_phase(std::size_t phase, std::int64_t num_episodes) override {
    games_.set_phase(phase, num_episodes);
  }

  void play(Actions actions, SpeedMeter& speed, MetricWindow& window) override;
  void show_to(Observer& observer) const override { games_.show_to(observer); }
  void show_past_selves_to(Observer& observer) const override {
    games_.show_past_selves_to(observer);
  }
  std::int64_t num_played() const override { return games_.num_played(); }
  const std::vector<FinishedEpisode>& finished() const override { return games_.finished(); }
  void advance() override { games_.advance(); }
  std::vector<LostEpisode> take_lost() override { return games_.take_lost(); }
  bool can_lose() const override { return games_.spec().is_external; }

  std::int64_t num_games() const { return games_.num_games(); }

 private:
  bool is_offline_;  // learns from data: no game is ever begun
  Games games_;
  TrainingActors actors_;
  Rng seed_action_rng_;
  std::vector<float> actions_;  // [B, A]
};

}  // namespace foresight
