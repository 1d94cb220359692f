// TD-MPC2's value of action sequences in plain tensor operations, on any device: the meaning that
// every faster scorer is tested against.
// Reference: nicklashansen/tdmpc2@e9f5932, tdmpc2.py, TDMPC2._estimate_value; the hockey project's
// planner differs in what ends an imagined game, in the last action and in the Q ensemble it asks.
// Axes: B environments, H horizon, N rows, Z latent, A action.
#pragma once

#include <string>

#include "config/fields.h"
#include "nn/matmul_format.h"
#include "world_model/latent_model.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

// How an imagined episode is valued beyond the sum of its rewards.
struct SequenceValueConfig {
  std::string end = "threshold";        // or probability
  std::string last_action = "sampled";  // or mean
  std::string last_q = "online";        // or target

  void visit(FieldVisitor& v) {
    v.field("end", end, {"threshold", "probability"},
            "an end counts when its probability is above 1/2 (official) or by its probability");
    v.field("last_action", last_action, {"sampled", "mean"},
            "the policy's action after the horizon");
    v.field("last_q", last_q, {"online", "target"}, "the ensemble that values it");
  }
};

class TensorScorer : public LatentModel {
 public:
  // `format`: what products are multiplied in on a CUDA device.
  TensorScorer(const WorldModel& model, const SequenceValueConfig& config, double discount,
               MatmulFormat format = MatmulFormat::kFp32)
      : model_(model), config_(config), discount_(discount), format_(format) {}

  void set_task(std::int64_t task, double discount) override;
  Tensor action_mask() const override;
  Tensor encode(const Tensor& observation) override;
  Tensor propose(const Tensor& z0, const Tensor& eps) override;
  void begin(const Tensor& z0, const Tensor& proposals) override;
  Tensor score(const Tensor& actions, const ScoreDraws& draws) override;
  Tensor act(const Tensor& z, const Tensor& eps) override;

  // The state of imagined episodes after H steps.
  struct Rollout {
    Tensor reward;  // [B, N], discounted sum while alive
    Tensor ended;   // [B, N], probability in [0, 1]
    Tensor z;       // [B, N, Z]
  };
  // z0 [B, Z], actions [H, B, N, A]; ids [B, N] int64 of the opponents, undefined: nobody.
  Rollout roll_out(const Tensor& z0, const Tensor& actions, const Tensor& ids = {}) const;

 private:
  // Of `count` samples from `first` on; undefined without opponents.
  Tensor opponents_of(std::int64_t first, std::int64_t count) const;

  const WorldModel& model_;
  SequenceValueConfig config_;
  double discount_;
  MatmulFormat format_;
  RoundedWeights rounded_;  // of the plan that encode() or propose() began
  TaskContext task_;        // [1, .], at addresses that stay
  Tensor z0_;
  std::int64_t num_proposals_ = 0;
  Rollout proposals_;
};

}  // namespace foresight
