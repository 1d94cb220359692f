// THE training loop: act, step the games, observe, update, report. It knows agents and environments
// by their interfaces only. Same seed and machine: same numbers, however many env_threads, and
// however often the run was stopped, killed and resumed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "base/error.h"
#include "base/ranks.h"
#include "selfplay/copy_pool.h"
#include "train/background_thread.h"
#include "train/common_course.h"
#include "train/dataset_recorder.h"
#include "train/experiment_config.h"
#include "train/loop_state.h"
#include "train/metrics_log.h"
#include "train/progress.h"
#include "train/speed_meter.h"
#include "train/step_source.h"
#include "train/stop_signal.h"

namespace foresight {

struct TrainerOptions {
  // Go on from this checkpoint folder of the run; empty: begin.
  std::filesystem::path checkpoint;
  bool is_live = false;  // redraw one line of progress in place
  StopSignal::Second second_signal = StopSignal::Second::kLeaves;
  Ranks* ranks = nullptr;  // that train together, this process one of them; null: alone
};

class Trainer {
 public:
  // The run folder exists (create_run_folder); with ranks, all are told the same of everything.
  Trainer(const Experiment& experiment, const std::filesystem::path& run_folder,
          const TrainerOptions& options = {});
  ~Trainer();

  // Trains to the end, or until a signal or the time limit; saves in every case. Returns the
  // signal's number, 0 without one. Error: a number is not finite (where and when), disk trouble.
  int run();

  const LoopState& state() const { return state_; }
  const Agent& agent() const { return *agent_; }

 private:
  void restore(const std::filesystem::path& checkpoint);
  void restore_games(const std::filesystem::path& checkpoint);
  void share_out(const std::filesystem::path& checkpoint);
  void show_restored();
  bool pay_updates();
  void begin_updates();
  void finish_updates();
  void count_update(const Metrics& metrics);
  bool evaluate_and_log();
  bool evaluate_agent();
  bool evaluate_for_all();
  void play_step();
  void observe();
  void note_episode(const FinishedEpisode& episode);
  void note_lost(const std::vector<LostEpisode>& episodes);
  void change_phase();
  void freeze_copy_if_due();
  void owe_updates();
  void log_metrics();
  void show_progress();
  void keep_if_best(double score);
  void save_model(const std::filesystem::path& target);
  void save_checkpoint();
  void write_own_checkpoint();
  [[noreturn]] void fail_here(const Error& error) const;
  bool is_over();
  int agreed_signal();
  void check_ranks_are_alike() const;
  std::filesystem::path own_lasting_folder() const;
  bool is_due(std::int64_t every, std::int64_t last) const;

  Experiment experiment_;
  std::filesystem::path run_folder_;
  SingleRank alone_;
  CommonCourse course_;
  Experiment share_;              // this rank's of the experiment
  std::filesystem::path folder_;  // the run's, for rank 0
  StopSignal signal_;
  int agreed_signal_ = 0;
  std::unique_ptr<Agent> agent_;
  bool is_offline_;  // learns from data: no game is ever begun, and a step is an update
  std::unique_ptr<DatasetRecorder> recorder_;  // null: episodes are not kept
  CopyPool copies_;
  std::unique_ptr<StepSource> games_;
  LoopState state_;
  std::optional<MetricsLog> log_;  // rank 0's
  MetricWindow window_;
  SpeedMeter speed_;
  Progress progress_;
  ProgressState shown_;
  double last_checkpoint_s_ = 0.0;
  bool is_checkpoint_due_ = false;
  StepCounts step_;  // of the step at hand
  bool is_resumed_ = false;
  std::vector<Metrics> background_updates_;  // of the step at hand, where updates overlap with it
  BackgroundThread background_;
};

}  // namespace foresight
