#include "nn/squashed_gaussian.h"

#include "nn/torch.h"

namespace foresight {
namespace {
constexpr double kHalfLogTwoPi = 0.9189385175704956;  // as the reference writes it
}  // namespace

Tensor bounded_log_std(const Tensor& raw, const LogStdConfig& config) {
  if (config.form == LogStdForm::kClamp) return raw.clamp(config.min, config.max);
  return config.min + 0.5 * (config.max - config.min) * (raw.tanh() + 1);
}

PolicySample squashed_sample(const Tensor& mean, const Tensor& log_std, const Tensor& eps,
                             const Tensor& num_actions) {
  PolicySample sample;
  const Tensor gaussian_log_prob =
      (-0.5 * eps.square() - log_std - kHalfLogTwoPi).sum(-1, /*keepdim=*/true);  // [..., 1]
  sample.mean = mean.tanh();
  sample.action = (mean + eps * log_std.exp()).tanh();
  sample.log_std = log_std;
  const Tensor correction = (torch::relu(1 - sample.action.square()) + 1e-6).log();
  sample.log_prob = gaussian_log_prob - correction.sum(-1, /*keepdim=*/true);
  sample.entropy = -sample.log_prob;
  // The correction nearly cancels here; literal all the same, gradients included.
  const Tensor scaled_log_prob = num_actions.defined()
                                     ? gaussian_log_prob * num_actions
                                     : gaussian_log_prob * static_cast<double>(eps.size(-1));
  const Tensor entropy_scale = scaled_log_prob / (sample.log_prob + 1e-8);
  sample.scaled_entropy = sample.entropy * entropy_scale;
  return sample;
}

}  // namespace foresight
