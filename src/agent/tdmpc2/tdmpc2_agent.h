// TD-MPC2 behind the Agent interface: the official single-task algorithm and the hockey variant,
// told apart by options only. Files: the networks are in world_model/tdmpc2, the search in planner,
// the update in learner.h, acting in tdmpc2_actor.h.
// Axes: B games, O observation, A action.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "agent/agent.h"
#include "agent/tdmpc2/agent_files.h"
#include "agent/tdmpc2/learner.h"
#include "agent/tdmpc2/opponent_cloner.h"
#include "agent/tdmpc2/tdmpc2_config.h"
#include "nn/recycled_memory.h"
#include "replay/dataset_prefetcher.h"
#include "replay/episode_log.h"
#include "replay/episode_recorder.h"
#include "replay/opponent_sampler.h"
#include "replay/picture_replay.h"
#include "replay/slice_sampler.h"
#include "world_model/latent_model.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

class PackedScorer;

class Tdmpc2Agent : public Agent {
 public:
  using Config = Tdmpc2Config;
  Tdmpc2Agent(const Tdmpc2Config& config, const EnvSpec& env, std::uint64_t seed);
  ~Tdmpc2Agent() override;

  std::unique_ptr<Actor> make_actor(const ActorOptions& options) override;
  void observe(const Transition& transition) override;
  void keep_files_in(const std::filesystem::path& lasting) override;
  void forget_unfinished(std::int64_t game) override;
  void learn_from(const std::vector<std::filesystem::path>& data) override;
  void join(Ranks& ranks, std::uint64_t stream) override;
  std::uint32_t weights_checksum() const override;
  bool can_update() const override;
  Metrics update() override;
  // With packed weights: actors read nothing else, unless they see pictures.
  bool hold_actors() override;
  void release_actors() override { are_actors_held_ = false; }
  AgentDescription describe() const override;
  void save_model(const std::filesystem::path& folder) const override;
  void load_model(const std::filesystem::path& folder) override;
  void save(const CheckpointPlace& place) override;
  void load(const CheckpointPlace& place) override;
  void load_shards(const std::vector<CheckpointPlace>& shards) override;

  // The scorer with the present weights: packed after an update when first asked. A model of
  // several tasks scores for one of them at a time; -1: the one that is played.
  LatentModel& scorer(std::int64_t task = -1);
  std::int64_t played_task() const { return env_.task; }
  const Tdmpc2Config& config() const { return config_; }
  WorldModel& model() { return model_; }
  Tdmpc2Learner& learner() { return learner_; }
  // Null where no opponents are cloned.
  OpponentCloner* cloner() { return cloner_ ? &*cloner_ : nullptr; }
  const EpisodeStore& store() const { return store_; }
  // [C, 64, 64] of what is seen; empty where numbers are.
  std::vector<std::int64_t> picture_shape() const;
  double discount() const { return discount_; }
  // What updates make their tensors in, on the CPU.
  const RecycledMemory& update_memory() const { return update_memory_; }

 private:
  LearnerBatch draw_batch();
  UpdateDraws draw_noise();
  SliceBatch& draw_slices();
  Tensor observations_of(SliceBatch& slices);
  void weigh_over_ranks();
  void update_priorities(const Tensor& priorities);
  Tensor tasks_of(const SliceBatch& slices) const;
  TaskNames task_names() const;
  void note_opponent(const Transition& transition);
  bool is_cloning_due() const;
  void clone_opponents(Metrics& metrics);

  Tdmpc2Config config_;
  EnvSpec env_;
  std::uint64_t seed_;
  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  double discount_;
  std::vector<double> task_discounts_;  // empty with one task
  WorldModel model_;
  Tdmpc2Learner learner_;
  std::optional<OpponentCloner> cloner_;
  EpisodeStore store_;
  SliceSampler sampler_;
  EpisodeRecorder recorder_;
  std::optional<PictureReplay> pictures_;  // of the store's rows, where pictures are seen
  std::vector<std::uint8_t> batch_pictures_;
  std::optional<EpisodeLog> log_;  // opened by the first save or load
  SliceBatch slices_;
  OpponentSteps opponent_steps_;
  std::optional<DatasetStore> data_;             // what is learned from instead of the store
  std::optional<DatasetPrefetcher> prefetcher_;  // of it, from the first update on
  Rng sample_rng_;
  Rng update_rng_;
  RecycledMemory update_memory_;
  std::unique_ptr<LatentModel> tensor_scorer_;
  std::unique_ptr<PackedScorer> packed_scorer_;  // null on a GPU or when not wanted
  bool is_packed_ = false;
  std::int64_t scored_task_ = -1;  // of several: the one that the scorer is set to
  bool are_actors_held_ = false;   // no packing now: update() is at work on the weights
};

}  // namespace foresight
