// One update of DreamerV2: a step of the world model on replayed sequences, then a step of actor
// and critic in dreams that begin at every replayed state. Reference: danijar/dreamerv2,
// dreamerv2/agent.py, Agent.train. Axes: T steps, B sequences.
#pragma once

#include "agent/dreamer/actor_critic.h"
#include "agent/dreamer/dreamer_config.h"
#include "nn/captured_body.h"
#include "replay/sequence_sampler.h"

namespace foresight {

// What an update works on: a batch and the random numbers, all drawn beforehand.
struct DreamerInputs {
  WorldBatch batch;
  Tensor latent;  // [T, B, ...], of the posteriors
  DreamDraws dream;
  BehaviourScales scales;

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    for (Tensor* tensor : {&batch.image, &batch.vectors, &batch.action, &batch.reward,
                           &batch.is_first, &batch.is_terminal, &latent, &dream.prior,
                           &dream.action, &dream.entropy, &scales.entropy, &scales.gradient_mix}) {
      visit(*tensor);
    }
  }
};

// What there is to report, names beside values [K], double.
struct DreamerUpdate {
  std::vector<const char*> names;
  Tensor values;
};

// As the config has it. Error: cuda where there is none.
torch::Device device_of(const DreamerConfig& config);

class DreamerLearner {
 public:
  DreamerLearner(const DreamerConfig& config, const EnvSpec& env, const torch::Device& device,
                 std::uint64_t seed);
  DreamerLearner(const DreamerLearner&) = delete;

  // From now on a batch is this rank's share of one: all ranks' gradients are averaged, what
  // update() returns is of the share.
  void join(Ranks& ranks);

  // images: [T, B, bytes of one] as the environment gives them, empty without. draws: whose next
  // number seeds this update's. steps: the agent's so far, for schedules. On a CUDA device replayed
  // as a graph, if the config wants that.
  std::vector<std::pair<std::string, double>> update(const SequenceBatch& batch,
                                                     std::span<const std::uint8_t> images,
                                                     Rng& draws, std::int64_t steps);
  // Its parts: what it works on, on this learner's device; what the host knows of it; the work,
  // which can be recorded; what the host decides afterwards.
  DreamerInputs inputs_of(const SequenceBatch& batch, std::span<const std::uint8_t> images,
                          Rng& draws, std::int64_t steps) const;
  void count_update();
  DreamerUpdate apply_update(const DreamerInputs& inputs);
  void finish_update() { behaviour_->update_slow_target(); }

  // Whether the last update was one launch of a graph.
  bool is_replayed() const { return captured_.is_replayed(); }

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
  // A step of the world model; adds what there is to report. The states that dreams begin at.
  RssmState update_model(const DreamerInputs& inputs, NamedNumbers& numbers);

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
  CapturedBody<DreamerInputs, DreamerUpdate> captured_;
};

}  // namespace foresight
