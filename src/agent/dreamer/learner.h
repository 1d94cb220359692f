// One update of DreamerV2: a step of the world model on replayed sequences, then a step of actor
// and critic in dreams that begin at every replayed state. Reference: danijar/dreamerv2,
// dreamerv2/agent.py, Agent.train. Axes: T steps, B sequences.
#pragma once

#include "agent/dreamer/actor_critic.h"
#include "agent/dreamer/dreamer_config.h"
#include "agent/dreamer/noise.h"
#include "replay/sequence_sampler.h"

namespace foresight {

class DreamerLearner {
 public:
  DreamerLearner(const DreamerConfig& config, const EnvSpec& env, std::uint64_t seed);
  DreamerLearner(const DreamerLearner&) = delete;

  // From now on a batch is this rank's share of one: all ranks' gradients are averaged, what
  // update() returns is of the share.
  void join(Ranks& ranks);

  // images: [T, B, bytes of one] as the environment gives them, empty without. draws: whose next
  // number seeds this update's. steps: the agent's so far, for schedules.
  std::vector<std::pair<std::string, double>> update(const SequenceBatch& batch,
                                                     std::span<const std::uint8_t> images,
                                                     Rng& draws, std::int64_t steps);
  // Its first half: a step of the world model. noise: of the posteriors, [T, B, ...]. Returns the
  // states that dreams begin from, [T * B, ...]; the second half is behaviour().update().
  RssmState update_model(const WorldBatch& batch, const Tensor& noise,
                         std::vector<std::pair<std::string, double>>& metrics);

  const RssmWorldModel& model() const { return *model_; }
  DreamWorld world() const { return {*model_, constants_}; }
  ParameterSet& model_parameters() { return parameters_; }
  const ParameterSet& model_parameters() const { return parameters_; }
  KerasAdam& model_optimiser() { return *optimiser_; }
  const KerasAdam& model_optimiser() const { return *optimiser_; }
  ActorCritic& behaviour() { return *behaviour_; }
  const ActorCritic& behaviour() const { return *behaviour_; }
  const torch::Device& device() const { return device_; }
  bool is_discrete() const { return is_discrete_; }

 private:
  WorldBatch tensors_of(const SequenceBatch& batch, std::span<const std::uint8_t> images) const;
  DreamDraws draw_dream(Noise& noise, std::int64_t num_rows) const;

  SingleRank alone_;
  Ranks* ranks_ = &alone_;
  DreamerConfig config_;
  torch::Device device_;
  bool is_discrete_;
  ParameterSet parameters_;
  std::unique_ptr<RssmWorldModel> model_;
  Weights weights_;
  Weights constants_;
  std::unique_ptr<KerasAdam> optimiser_;
  std::unique_ptr<ActorCritic> behaviour_;
};

}  // namespace foresight
