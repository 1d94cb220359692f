// The policy's distribution: a Gaussian squashed by tanh, with the reference's scaled entropy.
// Reference: nicklashansen/tdmpc2@e9f5932, common/world_model.py, WorldModel.pi, and
// common/math.py, gaussian_logprob, squash. Axes: A action.
#pragma once

#include "base/tensor.h"

namespace foresight {

// How the raw network output becomes a log standard deviation.
enum class LogStdForm { kTanh, kClamp };

struct LogStdConfig {
  LogStdForm form = LogStdForm::kTanh;
  double min = -10.0;
  double max = 2.0;
};

// raw [..., A] -> log std [..., A] within [min, max].
Tensor bounded_log_std(const Tensor& raw, const LogStdConfig& config);

struct PolicySample {
  Tensor action;          // [..., A], tanh(mean + std * eps)
  Tensor mean;            // [..., A], tanh(mean)
  Tensor log_std;         // [..., A]
  Tensor log_prob;        // [..., 1], with the squash correction
  Tensor entropy;         // [..., 1], -log_prob
  Tensor scaled_entropy;  // [..., 1], entropy * (A' * gaussian log prob) / (log_prob + 1e-8)
};

// mean, log_std, eps [..., A]; eps ~ N(0, 1). num_actions [..., 1]: A', the actions that are no
// padding; undefined: all A.
PolicySample squashed_sample(const Tensor& mean, const Tensor& log_std, const Tensor& eps,
                             const Tensor& num_actions = {});

}  // namespace foresight
