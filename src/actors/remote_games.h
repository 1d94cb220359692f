// Games that actor processes play while this one learns: an episode at a time, when it is finished.
// Who is ahead waits: the learner for steps that it owes no updates for yet, the actors while
// finished episodes of train.actor_lead_steps wait for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/actor_children.h"
#include "actors/actor_server.h"
#include "train/step_source.h"

namespace foresight {

class RemoteGames : public StepSource {
 public:
  explicit RemoteGames(const StepSourceContext& context);
  ~RemoteGames() override;

  void begin(std::size_t phase) override;
  // Which episodes are stored, so that none is stored twice. What actors have on the way stays in
  // their spools.
  void save(const std::filesystem::path& folder, LoopState& state) const override;
  void load(const std::filesystem::path& folder, const LoopState& state) override;
  void set_phase(std::size_t phase, std::int64_t num_episodes) override;

  void play(Actions actions, SpeedMeter& speed, MetricWindow& window) override;
  void show_to(Observer& observer) const override;
  void show_past_selves_to(Observer& observer) const override;
  std::int64_t num_played() const override { return num_played_; }
  const std::vector<FinishedEpisode>& finished() const override { return finished_; }
  void advance() override;
  std::vector<LostEpisode> take_lost() override;
  bool can_lose() const override { return true; }
  void note_updates(std::int64_t num_updates) override;

 private:
  ActorServer::Settings server_settings() const;
  ActorChildren::Settings children_settings() const;
  void start(std::int64_t num_updates);
  void publish(std::int64_t num_updates);
  void tend(std::int64_t timeout_ms);

  StepSourceContext context_;
  std::filesystem::path folder_;  // of the run's actors
  ActorServer server_;
  ActorOrders orders_;
  std::optional<ActorServer::Arrival> current_;
  std::int64_t num_played_ = 0;
  std::vector<FinishedEpisode> finished_;
  std::vector<LostEpisode> lost_;
  std::int64_t num_updates_ = 0;
  std::int64_t published_updates_ = 0;
  ActorChildren children_;  // the last member: they end before their server
};

}  // namespace foresight
