// What a planner needs of a world model: a latent for an observation, proposals of the policy, and
// the value of action sequences. All without gradient. One interface, several implementations:
// plain tensors on any device (the meaning), packed tiles on the CPU, a captured graph on CUDA.
// Axes: B environments, H horizon, P policy proposals, M sampled sequences, N = P + M, Z latent,
// A action.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/tensor.h"

namespace foresight {

// The random numbers of one call of score(), drawn beforehand.
struct ScoreDraws {
  Tensor policy_eps;  // [B, N, A] N(0, 1): the sampled last action; undefined if the mean is taken
  Tensor q_pair;      // [2] int64: which two members of the ensemble are averaged
  Tensor dropout_mask;  // [2, B * N, hidden], entries 0 or 1 / (1 - p); undefined: no dropout
};

// Whom each imagined episode is played against, for models that imagine an opponent.
struct ImaginedOpponents {
  Tensor proposals;  // [B, P] int64, while the policy proposes; undefined: nobody
  Tensor samples;    // [B, N] int64, while sequences are scored; undefined: nobody
};

using PlanClock = std::chrono::steady_clock;

class LatentModel {
 public:
  virtual ~LatentModel() = default;

  // From now on score() may give up when this moment has passed.
  void set_deadline(PlanClock::time_point deadline) { deadline_ = deadline; }

  // For the plan that propose() or begin() opens next.
  void set_opponents(ImaginedOpponents opponents) { opponents_ = std::move(opponents); }

  // For a model of several tasks, before encode(): all B environments play this one, with its
  // discount. Looks the task up anew, so after each update again.
  virtual void set_task([[maybe_unused]] std::int64_t task, [[maybe_unused]] double discount) {}
  // [A], 1 for the task's own actions, 0 for padding; undefined: all are its own.
  virtual Tensor action_mask() const { return {}; }

  // observation [B, O] -> z [B, Z].
  virtual Tensor encode(const Tensor& observation) = 0;

  // The policy acting in the model: z0 [B, Z], eps [H, B, P, A] -> actions [H, B, P, A].
  virtual Tensor propose(const Tensor& z0, const Tensor& eps) = 0;

  // Remembers z0 [B, Z] and rolls the proposals [H, B, P, A] out once: they do not change between
  // the iterations of a plan (P may be 0).
  virtual void begin(const Tensor& z0, const Tensor& proposals) = 0;

  // Values of the proposals and of actions [H, B, M, A] -> [B, N], proposals first. Undefined if
  // the deadline passed before all were known.
  virtual Tensor score(const Tensor& actions, const ScoreDraws& draws) = 0;

  // The policy alone: z [B, Z], eps [B, A] (undefined: its mean) -> action [B, A].
  virtual Tensor act(const Tensor& z, const Tensor& eps) = 0;

 protected:
  PlanClock::time_point deadline_ = PlanClock::time_point::max();
  ImaginedOpponents opponents_;
};

}  // namespace foresight
