// One gradient update of TD-MPC2: model losses over a latent rollout, then the policy, then the
// target ensemble. A function of its batch and of random numbers drawn beforehand.
// Reference: nicklashansen/tdmpc2@e9f5932, tdmpc2.py, TDMPC2._update, _td_target, update_pi.
// Axes: T = H horizon, B batch, O observation, A action, Z latent, E ensemble members.
#pragma once

#include <optional>
#include <vector>

#include "agent/agent.h"
#include "agent/tdmpc2/learner_config.h"
#include "base/ranks.h"
#include "base/rng.h"
#include "nn/adam.h"
#include "nn/captured_body.h"
#include "nn/matmul_format.h"
#include "nn/running_scale.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

struct LearnerBatch {
  Tensor observation;  // [H + 1, B, O], or pictures [H + 1, B, C, 64, 64]
  Tensor action;       // [H, B, A]
  Tensor reward;       // [H, B, 1]
  Tensor terminated;   // [H, B, 1], 0 or 1
  Tensor weight;       // [B] importance weights; undefined: all 1
  Tensor task;         // [B] int64; undefined: a model of one task

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    for (Tensor* tensor : {&observation, &action, &reward, &terminated, &weight, &task}) {
      visit(*tensor);
    }
  }
};

struct UpdateDraws {
  Tensor target_eps;           // [H, B, A] N(0, 1)
  Tensor target_members;       // [2] int64, or [H, 2] with n-step targets: a pair a step
  Tensor target_dropout_mask;  // [2, H * B, hidden0] or undefined
  Tensor q_dropout_mask;       // [E, H * B, hidden0] or undefined
  Tensor policy_eps;           // [H + 1, B, A]
  Tensor policy_members;       // [2] int64; undefined: all
  Tensor policy_dropout_mask;  // [E or 2, (H + 1) * B, hidden0] or undefined
  Tensor opponents;    // [B] int64: the clone each slice is imagined against; undefined without any
  Tensor image_shift;  // [H + 1, B, 2] int64, see shift_images(); undefined where numbers are seen

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    for (Tensor* tensor :
         {&target_eps, &target_members, &target_dropout_mask, &q_dropout_mask, &policy_eps,
          &policy_members, &policy_dropout_mask, &opponents, &image_shift}) {
      visit(*tensor);
    }
  }
};

// All that changes from update to update.
struct UpdateInputs {
  LearnerBatch batch;
  UpdateDraws draws;

  template <typename Visit>
  void for_each_tensor(Visit&& visit) {
    batch.for_each_tensor(visit);
    draws.for_each_tensor(visit);
  }
};

// What one update saw and did; everything detached.
struct UpdateResult {
  Tensor consistency_loss, reward_loss, value_loss, termination_loss, total_loss;  // []
  Tensor model_grad_norm, policy_grad_norm;                                        // []
  Tensor policy_loss, policy_entropy, policy_scaled_entropy, value_scale;          // []
  Tensor latents;                                                                  // [H + 1, B, Z]
  Tensor targets;                                                                  // [H, B, 1]
  Tensor priorities;  // [B], consistency + reward + value a slice
  Tensor slice_consistency, slice_reward, slice_value, slice_termination;  // [B]
  Tensor termination_rate, termination_f1;  // [], undefined without an end predictor
  Tensor q_logits;                          // [E, H, B, bins]
  Tensor reward_logits;                     // [H, B, bins]
  Tensor termination_logits;                // [H, B, 1] or undefined
  Tensor policy_action;                     // [H + 1, B, A]
  Tensor policy_q;                          // [H + 1, B, 1], scaled
};

// Sees the raw gradients, of all ranks, before they are clipped: parity tests look in here.
using GradientObserver = std::function<void(const ParameterSet& parameters)>;

class Tdmpc2Learner {
 public:
  // task_discounts: gamma of each of the model's tasks; `discount` is that of a model of one.
  Tdmpc2Learner(WorldModel& model, const Tdmpc2LearnerConfig& config, double discount,
                std::vector<double> task_discounts = {});

  // From now on batches and draws are this rank's share of a whole batch; gradients and whatever is
  // normalised over the batch are of the whole. The pairs of members must be alike on all ranks.
  void join(Ranks& ranks) { ranks_ = &ranks; }

  // On a CUDA device replayed as a graph, if the config wants that and nobody observes: the
  // result's tensors are then overwritten by the next update.
  UpdateResult update(const LearnerBatch& batch, const UpdateDraws& draws,
                      const GradientObserver& observer = {});
  // The two halves of an update: what the host counts, and all the work, which looks at no value on
  // the host.
  void count_update();
  UpdateResult apply_update(const LearnerBatch& batch, const UpdateDraws& draws,
                            const GradientObserver& observer = {});
  // Whether the last update was one launch of a graph.
  bool is_replayed() const { return captured_.is_replayed(); }
  UpdateDraws draw(std::int64_t batch_size, std::int64_t horizon, Rng& rng) const;
  // Draws the pairs of members anew.
  void draw_members(UpdateDraws& draws, Rng& rng) const;

  // What the targets know of each slice's task; undefined tensors with one task.
  struct BatchTasks {
    TaskContext context;
    Tensor discount;  // [B, 1]
  };
  BatchTasks look_up(const Tensor& task) const;  // [B] int64 or undefined

  // next_z [H, B, Z], reward and terminated [H, B, 1] -> targets [H, B, 1].
  Tensor td_targets(const Tensor& next_z, const Tensor& reward, const Tensor& terminated,
                    const UpdateDraws& draws, const BatchTasks& tasks = {}) const;

  // What the last policy loss left on the task embeddings, flat; it is added to their next gradient
  // (see update_model). Undefined with one task. Part of a checkpoint.
  Tensor task_gradient() const;

  RunningScale& scale() { return scale_; }
  const RunningScale& scale() const { return scale_; }
  Adam& model_optimiser() { return model_optimiser_; }
  const Adam& model_optimiser() const { return model_optimiser_; }
  Adam& policy_optimiser() { return policy_optimiser_; }
  const Adam& policy_optimiser() const { return policy_optimiser_; }
  const Tdmpc2LearnerConfig& config() const { return config_; }

 private:
  struct ModelLosses {
    Tensor consistency, reward, value, termination;  // [B] each
  };
  void update_model(const LearnerBatch& batch, const UpdateDraws& draws,
                    const GradientObserver& observer, UpdateResult& result);
  void update_policy(const LearnerBatch& batch, const UpdateDraws& draws,
                     const GradientObserver& observer, UpdateResult& result);
  Tensor roll_out(const LearnerBatch& batch, const Tensor& opponents, const Tensor& next_z,
                  const TaskContext& task, Tensor& consistency) const;
  ModelLosses head_losses(const LearnerBatch& batch, const UpdateDraws& draws,
                          const Tensor& latents, const TaskContext& task,
                          UpdateResult& result) const;
  Tensor termination_losses(const LearnerBatch& batch, const Tensor& latents,
                            UpdateResult& result) const;
  Tensor step_weights(std::int64_t steps) const;  // [steps, 1]: rho^t
  Tensor mixed_over_ranks(const Tensor& loss, const Tensor& weight) const;

  WorldModel& model_;
  Tdmpc2LearnerConfig config_;
  double discount_;
  Tensor task_discounts_;  // [tasks]; undefined with one task
  Adam model_optimiser_;
  Adam policy_optimiser_;
  RunningScale scale_;
  RoundedWeights rounded_;  // none: gradients are not taken in bf16
  CapturedBody<UpdateInputs, UpdateResult> captured_;
  Ranks* ranks_;
};

// A shift (see shift_images), each alike often, for each of the pictures [...]: [..., 2] int64.
Tensor draw_shifts(at::IntArrayRef pictures, Rng& rng);

// Share of true ends, and the F1 score of predicting one where the probability is above 1/2.
// probability and target [...] -> [] each. Reference: common/math.py, termination_statistics.
struct TerminationStatistics {
  Tensor rate, f1;
};
TerminationStatistics termination_statistics(const Tensor& probability, const Tensor& target);

// Means of a UpdateResult as numbers for the metrics.
Metrics to_metrics(const UpdateResult& result);

}  // namespace foresight
