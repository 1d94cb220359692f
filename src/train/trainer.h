// THE training loop: act, step the games, observe, update, report. It knows agents and environments
// by their interfaces only. Same seed and machine: same numbers, however many env_threads.
// Axes: B games, A action.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "train/experiment_config.h"
#include "train/games.h"
#include "train/loop_state.h"
#include "train/metrics_log.h"
#include "train/progress.h"
#include "train/stop_signal.h"

namespace foresight {

class Trainer {
 public:
  // The run folder exists (create_run_folder). `is_resumed`: go on from its checkpoint.
  Trainer(const Experiment& experiment, const std::filesystem::path& run_folder, bool is_resumed,
          bool is_live);
  ~Trainer();

  // Trains to the end, or until a signal or the time limit; saves in every case. Returns the
  // signal's number, 0 without one. Error: a number is not finite (where and when), disk trouble.
  int run();

  const LoopState& state() const { return state_; }
  const Agent& agent() const { return *agent_; }

 private:
  struct ActorGroup {
    std::unique_ptr<Actor> actor;
    std::int64_t first_game = 0;
    std::int64_t num_games = 0;
    std::string name;
  };
  using Clock = std::chrono::steady_clock;

  void make_actors();
  void restore();
  void play_step();
  void act();
  void act_at_random();
  void observe();
  void note_episode(const FinishedEpisode& episode);
  void change_phase();
  void learn();
  void update_once();
  void log_metrics();
  void log_speed();
  void show_progress();
  double estimate_left_s();
  bool evaluation_should_stop();
  void evaluate_agent();
  void keep_if_best(double score, const Metrics& results);
  void save_model(const char* part, const Metrics& results);
  void save_checkpoint();
  bool is_over() const;
  bool is_due(std::int64_t every, std::int64_t last) const;
  double elapsed_s() const;
  std::uint64_t derive_seed(std::string_view role, std::uint64_t index = 0) const;

  Experiment experiment_;
  std::filesystem::path folder_;
  StopSignal signal_;
  std::unique_ptr<Agent> agent_;
  Games games_;
  std::vector<ActorGroup> actors_;
  Rng seed_action_rng_;
  LoopState state_;
  std::vector<float> actions_;              // [B, A]
  std::vector<std::uint8_t> actor_begins_;  // [B] the actor has nothing to remember of this game
  MetricsLog log_;
  MetricWindow window_;
  Progress progress_;
  ProgressState shown_;
  Metrics last_results_;
  Clock::time_point begin_;
  double earlier_s_ = 0.0;  // training time before this process
  double last_checkpoint_s_ = 0.0;
  double rate_begin_s_ = 0.0;  // when the random steps ended, in this process
  std::int64_t rate_begin_steps_ = -1;

  // Since the last row of metrics.
  struct Speed {
    double begin_s = 0.0;
    std::int64_t steps = 0;
    std::int64_t updates = 0;
    double act_s = 0.0;
    double game_s = 0.0;
    double update_s = 0.0;
  };
  Speed speed_;
};

}  // namespace foresight
