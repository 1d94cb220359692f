#include "world_model/tdmpc2/policy_network.h"

namespace foresight {

PolicyNetwork::PolicyNetwork(ParameterSet& parameters, const std::string& name,
                             const Tdmpc2ModelConfig& config, std::int64_t action_dim)
    : has_separate_heads_(config.policy_heads == "separate") {
  const std::int64_t z = config.latent_dim + config.embedding_dim();
  if (!has_separate_heads_) {
    trunk_ = Mlp(parameters, name,
                 {.in_dim = z, .hidden = config.policy_hidden, .out_dim = 2 * action_dim});
    return;
  }
  auto hidden = config.policy_hidden;
  const std::int64_t width = hidden.back();
  hidden.pop_back();
  trunk_ = Mlp(parameters, name,
               {.in_dim = z,
                .hidden = hidden,
                .out_dim = width,
                .out_activation = Activation::kMish,
                .out_norm = true});
  mean_ = Mlp(parameters, name + "_mean", {.in_dim = width, .out_dim = action_dim});
  log_std_ = Mlp(parameters, name + "_log_std", {.in_dim = width, .out_dim = action_dim});
}

PolicyNetwork::Output PolicyNetwork::forward(const ParameterSet& parameters,
                                             const Tensor& z) const {
  const Tensor features = trunk_.forward(parameters, z);
  if (has_separate_heads_) {
    return {mean_.forward(parameters, features), log_std_.forward(parameters, features)};
  }
  const auto halves = features.chunk(2, -1);
  return {halves[0], halves[1]};
}

Tensor PolicyNetwork::mean(const ParameterSet& parameters, const Tensor& z) const {
  const Tensor features = trunk_.forward(parameters, z);
  return has_separate_heads_ ? mean_.forward(parameters, features) : features.chunk(2, -1)[0];
}

std::int64_t PolicyNetwork::num_parameters() const {
  const std::int64_t count = trunk_.num_parameters();
  return has_separate_heads_ ? count + mean_.num_parameters() + log_std_.num_parameters() : count;
}

std::vector<std::string> PolicyNetwork::describe() const {
  auto layers = trunk_.describe();
  if (has_separate_heads_) {
    layers.push_back("mean head: " + mean_.describe()[0]);
    layers.push_back("log-std head: " + log_std_.describe()[0]);
  }
  return layers;
}

}  // namespace foresight
