// DreamerV2 behind the Agent interface. Files: an update is in learner.h, a game's step in
// acting.h. Source: Hafner et al. 2021, arXiv:2010.02193, as danijar/dreamerv2 has it. Axes: B
// games, O observation, A action.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agent/agent.h"
#include "agent/dreamer/dream_film.h"
#include "agent/dreamer/dreamer_config.h"
#include "agent/dreamer/learner.h"
#include "agent/shows_pictures.h"
#include "replay/episode_log.h"
#include "replay/episode_recorder.h"
#include "replay/picture_replay.h"
#include "replay/sequence_sampler.h"

namespace foresight {

class DreamerAgent : public Agent, public ShowsPictures {
 public:
  using Config = DreamerConfig;
  DreamerAgent(const DreamerConfig& config, const EnvSpec& env, std::uint64_t seed);

  std::unique_ptr<Actor> make_actor(const ActorOptions& options) override;
  void keep_files_in(const std::filesystem::path& lasting) override;
  void observe(const Transition& transition) override;
  void forget_unfinished(std::int64_t game) override;
  void join(Ranks& ranks, std::uint64_t stream) override;
  std::uint32_t weights_checksum() const override;
  bool can_update() const override { return sampler_.can_sample(); }
  Metrics update() override;
  AgentDescription describe() const override;
  // "dream": the newest episode's beginning, seen and imagined; nothing without pictures.
  std::vector<NamedPicture> pictures() override;
  void save_model(const std::filesystem::path& folder) const override;
  void load_model(const std::filesystem::path& folder) override;
  void save(const CheckpointPlace& place) override;
  void load(const CheckpointPlace& place) override;
  void load_shards(const std::vector<CheckpointPlace>& shards) override;

  const DreamerConfig& config() const { return config_; }
  const DreamerLearner& learner() const { return learner_; }
  std::int64_t observation_dim() const { return store_.observation_dim(); }
  std::int64_t action_dim() const { return store_.action_dim(); }
  std::int64_t image_bytes() const { return image_bytes_; }  // of one picture; 0 without

 private:
  std::int64_t steps_of_all_ranks() const;
  SeenSteps newest_steps() const;

  DreamerConfig config_;
  std::uint64_t seed_;
  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  std::int64_t image_bytes_;
  DreamerLearner learner_;
  EpisodeStore store_;
  SequenceSampler sampler_;
  EpisodeRecorder recorder_;
  std::optional<PictureReplay> pictures_;  // of the store's rows, each whole
  std::optional<EpisodeLog> log_;          // opened by the first save or load
  SequenceBatch batch_;
  std::vector<std::uint8_t> images_;  // [T, B, bytes], of the batch
  std::vector<float> action_;         // [A], of a choice
  Rng sample_rng_;
  Rng update_rng_;
  std::int64_t num_steps_ = 0;  // seen by this rank, for schedules
};

}  // namespace foresight
