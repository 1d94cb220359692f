// Features -> one number: dense layers with ELU and a linear one. Reward, discount's logit, value.
// Reference: danijar/dreamerv2, common/nets.py, MLP. Axes: F features.
#pragma once

#include "nn/dense.h"
#include "world_model/rssm/model_config.h"

namespace foresight {

class ScalarHead {
 public:
  ScalarHead() = default;
  ScalarHead(ParameterSet& parameters, const std::string& name, std::int64_t feature_dim,
             const HeadConfig& config);

  Tensor forward(const Weights& weights, const Tensor& features) const;  // [..., F] -> [...]
  std::vector<std::string> describe() const;

 private:
  HiddenStack hidden_;
  Dense out_;
};

// log p(target) of a Bernoulli variable given its logit; targets may lie between 0 and 1: [...].
Tensor bernoulli_log_prob(const Tensor& logit, const Tensor& target);

}  // namespace foresight
