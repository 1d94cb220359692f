// Teaches the clones of opponents (world_model/tdmpc2/opponent_clones.h) by imitation: the mean
// squared error of tanh(mean) to the action that the opponent played, from the agent's own view of
// the game.
// Source: the public student hockey project at 5341212, its cloning updates.
// Axes: n pairs, O observation, A action, S steps.
#pragma once

#include <vector>

#include "agent/tdmpc2/opponent_cloning_config.h"
#include "base/ranks.h"
#include "base/rng.h"
#include "nn/adam.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

class OpponentCloner {
 public:
  OpponentCloner(WorldModel& model, const OpponentCloningConfig& config);

  // Steps of clone k on observation [n, O] and the opponent's action [n, A]; in step s the first
  // batch_size rows of orders[s] ([S, n] int64, a permutation each) are the minibatch. Returns the
  // mean of the losses before each step. [] The encoder is not trained by it.
  Tensor clone(std::int64_t k, const Tensor& observation, const Tensor& action,
               const Tensor& orders);
  // From now on the pairs are this rank's, and each minibatch is that of all ranks: of batch_size
  // rows each, as far as a rank has them. A rank without any takes part nevertheless.
  void join(Ranks& ranks) { ranks_ = &ranks; }
  // config.steps permutations of n: [S, n].
  Tensor draw_orders(std::int64_t n, Rng& rng) const;

  // One a clone.
  std::vector<Adam>& optimisers() { return optimisers_; }
  const std::vector<Adam>& optimisers() const { return optimisers_; }

 private:
  Tensor clone_together(std::int64_t k, const Tensor& observation, const Tensor& action,
                        const Tensor& orders);

  WorldModel& model_;
  OpponentCloningConfig config_;
  std::vector<Adam> optimisers_;
  Ranks* ranks_ = nullptr;  // null: alone
};

}  // namespace foresight
