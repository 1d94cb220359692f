#include "world_model/rssm/scalar_head.h"

#include <fmt/format.h>

namespace foresight {

ScalarHead::ScalarHead(ParameterSet& parameters, const std::string& name, std::int64_t feature_dim,
                       const HeadConfig& config)
    : hidden_(parameters, name, "norm", feature_dim, config.hidden, norm_of(config.norm)),
      out_(parameters, name + ".out.out", hidden_.out_dim(), 1,
           config.zero_init ? Init::kZero : Init::kGlorotUniform) {}

Tensor ScalarHead::forward(const Weights& weights, const Tensor& features) const {
  return out_.forward(weights, hidden_.forward(weights, features)).squeeze(-1);
}

std::vector<std::string> ScalarHead::describe() const {
  auto lines = hidden_.describe();
  lines.push_back(fmt::format("{} -> 1", out_.in_dim()));
  return lines;
}

Tensor bernoulli_log_prob(const Tensor& logit, const Tensor& target) {
  return -torch::softplus(logit) * (1.0 - target) - torch::softplus(-logit) * target;
}

}  // namespace foresight
