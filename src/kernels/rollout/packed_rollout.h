// Scores action sequences in a TD-MPC2 model on the CPU, fast. Samples do not depend on each other:
// a thread takes a tile of them through all steps and all layers with its activations in its own
// cache, weights packed beforehand, no barrier inside a rollout.
// The meaning: rollout_reference.h. Formulas: nicklashansen/tdmpc2@e9f5932, tdmpc2.py,
// TDMPC2._estimate_value and _plan; the hockey variant differs by RolloutOptions.
// Axes: B environments, H horizon, P policy proposals, M sampled sequences, N = P + M, Z latent,
// A action, O observation.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "kernels/reduced_linear/precision.h"
#include "kernels/rollout/rollout_networks.h"
#include "kernels/simd/cpu_level.h"

namespace foresight {

struct RolloutThreads {
  int num_threads = 1;
  CpuLevel level = cpu_level();
  Precision precision = Precision::kFp32;
};

// One call of score(). All arrays are row-major and contiguous.
struct ScoreCall {
  std::int64_t num_samples = 0;             // M
  const float* actions = nullptr;           // [H, B, M, A]
  const float* policy_eps = nullptr;        // [B, P + M, A]; only read for LastAction::kSample
  std::int64_t q_pair[2] = {0, 1};          // members of the ensemble whose values are averaged
  const std::int64_t* opponents = nullptr;  // [B, M] ids; null: they do nothing
  const float* dropout_mask = nullptr;      // [2, B * (P + M), hidden] or null: multiplies after
                                            // the LayerNorm of each Q's first layer, before Mish
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

class PackedRollout {
 public:
  PackedRollout(const RolloutOptions& options, RolloutThreads threads);
  ~PackedRollout();

  // Copies the weights into panels; the views may die afterwards. After each update. Throws
  // ContractViolation where shapes do not fit each other. Allocates in the first call only, as long
  // as the shapes stay.
  void pack(const RolloutNetworks& networks);

  // gamma from the next begin() on.
  void set_discount(float discount);

  // observation [B, O] -> z [B, Z].
  void encode(std::int64_t num_envs, const float* observation, float* z);

  // The policy acting in the model: z0 [B, Z], eps [H, B, P, A] -> actions [H, B, P, A]. Where
  // opponents were packed, ids [B, P] say whom each row plays (null: they do nothing).
  void propose(std::int64_t num_envs, std::int64_t num_proposals, std::int64_t horizon,
               const float* z0, const float* eps, float* actions,
               const std::int64_t* opponents = nullptr);

  // Remembers z0 [B, Z] and rolls the proposals [H, B, P, A] out once; P may be 0. Opponents as in
  // propose().
  void begin(std::int64_t num_envs, std::int64_t num_proposals, std::int64_t horizon,
             const float* z0, const float* proposals, const std::int64_t* opponents = nullptr);

  // values [B, P + M], proposals first. A value that is not a number says so: NaN is passed on.
  // False if the deadline passed first (late by one step of one tile at most); values are then
  // unspecified.
  bool score(const ScoreCall& call, float* values);

  // The policy alone: z [B, Z], eps [B, A] (null: tanh(mean)) -> actions [B, A].
  void act(std::int64_t num_envs, const float* z, const float* eps, float* actions);

  // Bytes of packed weights and work space.
  std::int64_t memory_bytes() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace foresight
