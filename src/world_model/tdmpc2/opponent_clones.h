// Networks that imitate the opponents: what the other side would do in a latent state. One a known
// opponent, in the shape of the agent's own policy, of which only the mean is used and trained.
// Source: the public student hockey project at 5341212, opponent simulation.
// Axes: any leading axes ..., Z latent, A action of the opponent, J clones.
#pragma once

#include <functional>
#include <vector>

#include "nn/parameters.h"
#include "world_model/tdmpc2/policy_network.h"

namespace foresight {

class OpponentClones {
 public:
  // config.num_opponents of them; with 0 nothing is held.
  OpponentClones(const Tdmpc2ModelConfig& config, std::int64_t action_dim,
                 const torch::Device& device, std::uint64_t seed);

  std::int64_t size() const { return static_cast<std::int64_t>(clones_.size()); }

  // tanh(mean) of clone k, with gradients to its parameters: z [..., Z] -> [..., A].
  Tensor mean_action(std::int64_t k, const Tensor& z) const;
  // What each row's opponent would do, without gradient: z [..., Z], ids [...] int64 -> [..., A].
  // Ids are below size().
  Tensor act(const Tensor& z, const Tensor& ids) const;
  // act() for rows [R, Z], ids [R] -> [R, A], in two ways: each clone for its own rows, whose
  // number the host has to know; and each for all rows, of which its own are kept, as on a CUDA
  // device.
  Tensor act_by_groups(const Tensor& rows, const Tensor& ids) const;
  Tensor act_by_masks(const Tensor& rows, const Tensor& ids) const;

  ParameterSet& parameters(std::int64_t k) { return at(k).parameters; }
  const ParameterSet& parameters(std::int64_t k) const { return at(k).parameters; }
  const PolicyNetwork& network(std::int64_t k) const { return at(k).network; }

 private:
  struct Clone {
    ParameterSet parameters;
    PolicyNetwork network;
  };
  Clone& at(std::int64_t k) { return clones_[static_cast<std::size_t>(k)]; }
  const Clone& at(std::int64_t k) const { return clones_[static_cast<std::size_t>(k)]; }

  std::int64_t action_dim_;
  std::vector<Clone> clones_;
};

}  // namespace foresight
