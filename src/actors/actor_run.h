// An actor process: plays its own games with the newest weights that the learner sent, and hands
// over each episode that is finished. Everything that it is to do comes from the learner.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "actors/episode_packer.h"
#include "actors/episode_spool.h"
#include "actors/learner_link.h"
#include "selfplay/copy_pool.h"
#include "train/own_games.h"

namespace foresight {

struct ActorRunOptions {
  std::string host;
  std::uint16_t port = 0;
  std::string token;
  std::string name;              // which it keeps when it is started anew
  std::filesystem::path folder;  // of its spool and weights; empty: one for the run and name
};

class ActorRun {
 public:
  explicit ActorRun(const ActorRunOptions& options);

  // Plays until the learner's farewell. Error: it is refused, or the learner is gone for long.
  void run();

 private:
  void prepare(const ActorWelcome& welcome);
  void introduce(const ActorWelcome& welcome);
  void find_learner_again(const std::string& problem);
  void exchange();
  void handle(const ActorMessage& message);
  void follow(const ActorOrders& orders);
  bool can_play() const;
  void play();
  void send(const EpisodeSpool::Entry& entry);
  void send_pulse_if_due();

  ActorRunOptions options_;
  LearnerLink link_;
  std::string config_;  // of the run, as it came
  Experiment experiment_;
  std::int64_t lead_steps_ = 1;
  std::unique_ptr<Agent> agent_;
  std::optional<CopyPool> copies_;
  std::unique_ptr<OwnGames> games_;
  std::optional<EpisodeSpool> spool_;
  EpisodePacker packer_;
  SpeedMeter speed_{0.0};
  MetricWindow window_;
  std::int64_t weights_updates_ = -1;  // of the learner; -1: no weights yet
  bool has_begun_ = false;
  bool is_over_ = false;
  StepSource::Actions actions_ = StepSource::Actions::kOfAgent;
  std::chrono::steady_clock::time_point pulse_time_{};
};

}  // namespace foresight
