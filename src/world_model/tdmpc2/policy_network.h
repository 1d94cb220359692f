// The network of a policy: trunk and heads for mean and log-std of a squashed Gaussian. The agent's
// own policy and the clones of its opponents have the same shape.
// Axes: any leading axes ..., Z latent (with the task's embedding behind it), A action.
#pragma once

#include <string>
#include <vector>

#include "nn/mlp.h"
#include "world_model/tdmpc2/model_config.h"

namespace foresight {

class PolicyNetwork {
 public:
  PolicyNetwork() = default;
  // Declares `<name>.<layer>.…` and, with separate heads, `<name>_mean.0.…`, `<name>_log_std.0.…`.
  PolicyNetwork(ParameterSet& parameters, const std::string& name, const Tdmpc2ModelConfig& config,
                std::int64_t action_dim);

  struct Output {
    Tensor mean;     // [..., A], before tanh
    Tensor log_std;  // [..., A], not yet bounded
  };
  Output forward(const ParameterSet& parameters, const Tensor& z) const;  // z [..., Z]
  // The mean alone: the log-std head is not run. -> [..., A], before tanh
  Tensor mean(const ParameterSet& parameters, const Tensor& z) const;

  std::int64_t num_parameters() const;
  std::vector<std::string> describe() const;

  bool has_separate_heads() const { return has_separate_heads_; }
  const Mlp& trunk() const { return trunk_; }
  const Mlp& mean_head() const { return mean_; }        // separate heads only
  const Mlp& log_std_head() const { return log_std_; }  // separate heads only

 private:
  bool has_separate_heads_ = false;
  // Joint form: one network with 2A outputs. Separate form: the trunk and two linear heads.
  Mlp trunk_, mean_, log_std_;
};

}  // namespace foresight
