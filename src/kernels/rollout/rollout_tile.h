// A tile of rows on its way through the model: some samples of one environment, all steps, one
// thread.
//
//   inputs  [ z | a ]  one row a sample          returns, discount left, done: one number a row
//      |      (with opponents [ z | a | their a ], which the dynamics alone read)
//      |        step(): reward head -> returns;  dynamics -> z, in place;  termination -> done
//      v
//   last_value(): policy(z_H) -> a;  two members of the Q ensemble on [z_H, a]
//
// Axes: R rows of the tile, Z latent, A action.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/packed_linear/aligned_floats.h"
#include "kernels/rollout/packed_mlp.h"
#include "kernels/rollout/policy_kernel.h"
#include "kernels/rollout/rollout_networks.h"
#include "kernels/two_hot/two_hot_kernel.h"

namespace foresight {

struct PackedOpponent {
  PackedMlp trunk, mean;
};

struct PackedNetworks {
  PackedMlp encoder, dynamics, reward, termination, policy_trunk, policy_mean, policy_log_std;
  std::vector<PackedMlp> q;
  std::vector<PackedOpponent> opponents;
  std::vector<float> bins;  // [num_bins]
  const TwoHotKernel* two_hot = nullptr;
  const PolicyKernel* policy = nullptr;

  void reserve(const RolloutNetworks& networks, const RolloutOptions& options,
               const PackFormat& format, std::vector<PackTask>& tasks);
  std::int64_t max_width() const;
  std::int64_t memory_bytes() const;
  // What the dynamics read behind the latents, A or 2A.
  std::int64_t num_dynamics_actions(std::int64_t action_dim) const {
    return opponents.empty() ? action_dim : 2 * action_dim;
  }

 private:
  void reserve_opponents(const RolloutNetworks& networks, const RolloutOptions& options,
                         const PackFormat& format, std::vector<PackTask>& tasks);
};

// The share of z0 in the first layers that read [z, a]: the same for all samples of an environment,
// so it is multiplied once. One row for an environment.
struct FirstStep {
  const float* dynamics = nullptr;
  const float* reward = nullptr;
  const float* termination = nullptr;  // null unless the head reads [z_h, a_h]
};

// What remains of a rolled out row: enough to go on from its last latent.
struct RowState {
  float* z = nullptr;  // [R, Z], rows z_stride floats apart
  std::int64_t z_stride = 0;
  float* returns = nullptr;  // [R]
  float* done = nullptr;     // [R] probability that the episode is over
  float* mean = nullptr;     // [R, A], raw head of the policy at z
  float* log_std = nullptr;  // [R, A]
};

// Which Q functions, and where their dropout masks for this tile lie (null: no dropout).
struct QPair {
  std::int64_t members[2] = {0, 1};
  const float* masks[2] = {nullptr, nullptr};
};

class RolloutTile {
 public:
  RolloutTile(const RolloutOptions& options, const PackedNetworks& networks)
      : options_(options), networks_(networks) {}

  // Room for tiles of up to max_rows rows.
  void reserve(std::int64_t max_rows);

  // Rows that all begin at the same z0 [Z]; its share of the first layers is `first`. z0 itself is
  // wanted only where the policy or an opponent acts at it (otherwise null).
  void begin(std::int64_t num_rows, const FirstStep& first, const float* z0 = nullptr);
  // Rows that begin anywhere: z [R, Z], rows z_stride floats apart.
  void begin_at(std::int64_t num_rows, const float* z, std::int64_t z_stride);
  // Rows of several environments at the beginning of their plans: row r of the tile is row
  // first_row + r of all, and each environment has rows_per_env of them, at its z0 [Z].
  void begin_across(std::int64_t num_rows, const float* z0, std::int64_t first_row,
                    std::int64_t rows_per_env);
  // Whom each row plays, ids [R], until rows begin anew; null (as after begin): an opponent that
  // does nothing.
  void set_opponents(const std::int64_t* ids) { opponent_ids_ = ids; }
  // Rows that were rolled out before; `discount` is what is left of it after those steps.
  void load(const RowState& state, std::int64_t num_rows, float discount);

  // One step: counts the reward of actions [R, A], contiguous, and moves every latent on.
  void step(const float* actions);
  // Moves on without counting anything.
  void step_latent(const float* actions);

  // The policy's heads at the current latents, then its actions: eps [R, A] or null: tanh(mean).
  void run_policy_heads();
  void act(const float* eps, float* actions, std::int64_t action_stride);

  // The value of the last latents with the last action of the policy: -> values [R].
  // run_policy_heads() (or load()) comes before.
  void last_value(const float* eps, const QPair& pair, float* values);

  // Copies the rows' state out; run_policy_heads() comes before.
  void save(const RowState& state) const;

  const TileScratch& scratch() const { return scratch_; }
  std::int64_t memory_bytes() const { return memory_.size() * 4 + codes_.memory_bytes(); }

 private:
  TileInput latents() const;
  // num_actions: floats behind the latents that the network reads.
  TileInput latents_and_actions(const float* first_share, std::int64_t num_actions) const;
  void play_opponents();
  void play_opponent(const PackedOpponent& opponent);
  void put_actions(const float* actions);
  void count_reward();
  void count_termination(const TileInput& input);
  void move_latents();

  const RolloutOptions& options_;
  const PackedNetworks& networks_;
  AlignedFloats memory_;
  CodeBuffer codes_;
  std::int64_t num_rows_ = 0;
  std::int64_t input_stride_ = 0;
  TileScratch scratch_;
  float* inputs_ = nullptr;                     // [R, Z + A], with opponents [R, Z + 2A]
  const std::int64_t* opponent_ids_ = nullptr;  // [R]
  float* gathered_ = nullptr;                   // [R, Z], the latents of one opponent's rows
  std::int64_t gathered_stride_ = 0;
  std::vector<std::int64_t> gathered_rows_;  // which rows those are
  std::int64_t head_stride_ = 0;
  float* mean_ = nullptr;     // [R, A]
  float* log_std_ = nullptr;  // [R, A]
  float* returns_ = nullptr;  // [R]
  float* done_ = nullptr;     // [R]
  float* decoded_ = nullptr;  // [2, R]
  float discount_ = 1.0f;     // gamma^h
  FirstStep first_;           // set while the rows are still at z0
  bool is_first_step_ = false;
};

}  // namespace foresight
