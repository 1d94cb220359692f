// The CPU's fast LatentModel: the tile engine of kernels/rollout behind tensors. Equal to
// TensorScorer to rounding; tests tie them. Axes as in latent_model.h.
#pragma once

#include <string>
#include <vector>

#include "kernels/rollout/packed_rollout.h"
#include "world_model/latent_model.h"
#include "world_model/tdmpc2/tensor_scorer.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

// "fp32", "bf16", "int8" or "auto" -> the format to plan in: fp32 where this machine has no
// instruction for the wanted one. "auto" is settled once a process.
Precision usable_precision(const std::string& word);

// The fastest format of this machine, by a trial of some milliseconds.
std::string fastest_precision();

class PackedScorer : public LatentModel {
 public:
  PackedScorer(const WorldModel& model, const SequenceValueConfig& config, double discount,
               RolloutThreads threads);

  // Takes the model's weights as they are now; after each update.
  void pack();

  // A known task is a constant input: its share goes into the first biases, and padded actions
  // lose their rows, so that a model of several tasks is as fast as one of one. Packs.
  void set_task(std::int64_t task, double discount) override;
  Tensor action_mask() const override { return action_mask_; }
  Tensor encode(const Tensor& observation) override;
  Tensor propose(const Tensor& z0, const Tensor& eps) override;
  void begin(const Tensor& z0, const Tensor& proposals) override;
  // Stops between steps of a tile when the deadline passes.
  Tensor score(const Tensor& actions, const ScoreDraws& draws) override;
  Tensor act(const Tensor& z, const Tensor& eps) override;

 private:
  // Makes `networks` those of the task; `kept` holds the weights made for it.
  void specialise(RolloutNetworks& networks, std::vector<Tensor>& kept);
  Tensor own_eps(const Tensor& eps) const;  // 0 at padded actions; contiguous

  const WorldModel& model_;
  bool plans_with_target_;
  PackedRollout rollout_;
  std::int64_t num_proposals_ = 0;
  std::int64_t task_ = 0;  // of several
  Tensor action_mask_;     // [A]; undefined: one task
};

}  // namespace foresight
