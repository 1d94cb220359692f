// SAC behind the Agent interface, on the CPU. Files: the update is in learner.h, acting in
// sac_actor.h. Source: Haarnoja et al. 2018, arXiv:1812.05905, with stable_baselines3's choices.
// Axes: B games, O observation, A action.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agent/agent.h"
#include "agent/sac/learner.h"
#include "agent/sac/sac_config.h"
#include "replay/episode_log.h"
#include "replay/episode_recorder.h"
#include "replay/transition_sampler.h"

namespace foresight {

class SacAgent : public Agent {
 public:
  using Config = SacConfig;
  SacAgent(const SacConfig& config, const EnvSpec& env, std::uint64_t seed);

  std::unique_ptr<Actor> make_actor(const ActorOptions& options) override;
  void observe(const Transition& transition) override;
  void forget_unfinished(std::int64_t game) override { recorder_.forget(game); }
  void join(Ranks& ranks, std::uint64_t stream) override;
  std::uint32_t weights_checksum() const override;
  bool can_update() const override { return sampler_.can_sample(); }
  Metrics update() override;
  AgentDescription describe() const override;
  void save_model(const std::filesystem::path& folder) const override;
  // Also from another program's policy alone, agent/actor_file.h: enough to act.
  void load_model(const std::filesystem::path& folder) override;
  void save(const CheckpointPlace& place) override;
  void load(const CheckpointPlace& place) override;
  void load_shards(const std::vector<CheckpointPlace>& shards) override;

  const SacConfig& config() const { return config_; }
  const SacLearner& learner() const { return learner_; }
  std::int64_t observation_dim() const { return store_.observation_dim(); }
  std::int64_t action_dim() const { return store_.action_dim(); }
  // Steps of a sequence of coloured noise; 0: independent draws.
  std::int64_t noise_length() const { return noise_length_; }
  // Rises whenever the weights change.
  std::int64_t version() const { return version_; }

 private:
  void draw_batch();
  void update_priorities();

  SacConfig config_;
  std::uint64_t seed_;
  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  std::int64_t noise_length_;
  SacLearner learner_;
  EpisodeStore store_;
  TransitionSampler sampler_;
  EpisodeRecorder recorder_;
  std::optional<EpisodeLog> log_;  // opened by the first save or load
  TransitionBatch batch_;
  std::vector<float> eps_;  // [2, batch, A]
  Rng sample_rng_;
  Rng update_rng_;
  std::int64_t version_ = 0;
};

}  // namespace foresight
