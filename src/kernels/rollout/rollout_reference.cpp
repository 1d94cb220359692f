#include "kernels/rollout/rollout_reference.h"

#include <algorithm>
#include <cmath>

namespace foresight {
namespace {

using std::size_t;

Row concatenated(Row z, const Row& action) {
  z.insert(z.end(), action.begin(), action.end());
  return z;
}

Row row_at(const float* data, std::int64_t index, std::int64_t width) {
  return Row(data + index * width, data + (index + 1) * width);
}

void layer_norm(const LayerView& layer, Row& y) {
  double mean = 0.0;
  for (const double v : y) mean += v;
  mean /= static_cast<double>(y.size());
  double variance = 0.0;
  for (const double v : y) variance += (v - mean) * (v - mean);
  variance /= static_cast<double>(y.size());
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] = (y[i] - mean) / std::sqrt(variance + 1e-5) * layer.norm_weight[i] + layer.norm_bias[i];
  }
}

void softmax(double* u, size_t size) {
  const double largest = *std::max_element(u, u + size);
  double sum = 0.0;
  for (size_t i = 0; i < size; ++i) sum += u[i] = std::exp(u[i] - largest);
  for (size_t i = 0; i < size; ++i) u[i] /= sum;
}

void activate(Activation activation, std::int64_t simnorm_dim, Row& y) {
  if (activation == Activation::kSimNorm) {
    const auto dim = static_cast<size_t>(simnorm_dim);
    for (size_t i = 0; i < y.size(); i += dim) softmax(&y[i], dim);
  }
  for (double& v : y) {
    if (activation == Activation::kMish) v *= std::tanh(std::log1p(std::exp(v)));
    if (activation == Activation::kRelu) v = std::max(v, 0.0);
  }
}

// done after one more look at the termination head.
double with_termination(const RolloutOptions& options, const RolloutNetworks& networks,
                        const Row& input, double done) {
  using Termination = RolloutOptions::Termination;
  if (options.termination == Termination::kNone) return done;
  const double logit = reference_mlp(networks.termination, input, options.simnorm_dim)[0];
  const double p = 1.0 / (1.0 + std::exp(-logit));
  if (options.termination == Termination::kThreshold) return std::min(1.0, done + (p > 0.5));
  return std::clamp(done + p, 0.0, 1.0);
}

}  // namespace

Row reference_layer(const LayerView& layer, const Row& x, std::int64_t simnorm_dim,
                    const float* mask) {
  Row y(static_cast<size_t>(layer.num_outputs));
  for (size_t n = 0; n < y.size(); ++n) {
    y[n] = layer.bias[n];
    for (size_t k = 0; k < x.size(); ++k) y[n] += layer.weight[n * x.size() + k] * x[k];
  }
  if (layer.norm_weight != nullptr) layer_norm(layer, y);
  for (size_t n = 0; mask != nullptr && n < y.size(); ++n) y[n] *= mask[n];
  activate(layer.activation, simnorm_dim, y);
  return y;
}

Row reference_mlp(const MlpView& layers, Row x, std::int64_t simnorm_dim, const float* first_mask) {
  for (size_t i = 0; i < layers.size(); ++i) {
    x = reference_layer(layers[i], x, simnorm_dim, i == 0 ? first_mask : nullptr);
  }
  return x;
}

double reference_two_hot_decode(const Row& logits, double vmin, double vmax) {
  Row p = logits;
  softmax(p.data(), p.size());
  double y = 0.0;
  for (size_t i = 0; i < p.size(); ++i) {
    y += p[i] * (vmin + (vmax - vmin) * static_cast<double>(i) / static_cast<double>(p.size() - 1));
  }
  return std::copysign(std::expm1(std::abs(y)), y);
}

Row reference_policy(const RolloutOptions& options, const RolloutNetworks& networks, const Row& z,
                     const float* eps) {
  const Row hidden = reference_mlp(networks.policy_trunk, z, options.simnorm_dim);
  Row action = reference_layer(networks.policy_mean, hidden, options.simnorm_dim);
  if (eps != nullptr) {
    const Row raw = reference_layer(networks.policy_log_std, hidden, options.simnorm_dim);
    const double low = options.min_log_std;
    const double high = options.max_log_std;
    for (size_t i = 0; i < action.size(); ++i) {
      const double log_std = options.log_std == RolloutOptions::LogStd::kClamp
                                 ? std::clamp(raw[i], low, high)
                                 : low + 0.5 * (high - low) * (std::tanh(raw[i]) + 1.0);
      action[i] += eps[i] * std::exp(log_std);
    }
  }
  for (double& a : action) a = std::tanh(a);
  return action;
}

std::vector<double> reference_score(const RolloutOptions& options, const RolloutNetworks& networks,
                                    const ReferenceScore& score) {
  const bool reads_next =
      options.termination_input == RolloutOptions::TerminationInput::kNextLatent;
  const std::int64_t num_rows = score.num_envs * score.num_samples;
  std::vector<double> values(static_cast<size_t>(num_rows));
  for (std::int64_t row = 0; row < num_rows; ++row) {
    Row z = row_at(score.z0, row / score.num_samples, options.latent_dim);
    double value = 0.0;
    double discount = 1.0;
    double done = 0.0;
    for (std::int64_t h = 0; h < score.horizon; ++h) {
      const Row input =
          concatenated(z, row_at(score.actions, h * num_rows + row, options.action_dim));
      const Row reward = reference_mlp(networks.reward, input, options.simnorm_dim);
      value +=
          discount * (1.0 - done) * reference_two_hot_decode(reward, options.vmin, options.vmax);
      z = reference_mlp(networks.dynamics, input, options.simnorm_dim);
      done = with_termination(options, networks, reads_next ? z : input, done);
      discount *= options.discount;
    }
    const bool samples = options.last_action == RolloutOptions::LastAction::kSample;
    const float* eps = samples ? score.policy_eps + row * options.action_dim : nullptr;
    const Row input = concatenated(z, reference_policy(options, networks, z, eps));
    double q = 0.0;
    for (std::int64_t i = 0; i < 2; ++i) {
      const MlpView& member = networks.q[static_cast<size_t>(score.q_pair[i])];
      const float* mask = score.dropout_mask ? score.dropout_mask +
                                                   (i * num_rows + row) * member.front().num_outputs
                                             : nullptr;
      const Row logits = reference_mlp(member, input, options.simnorm_dim, mask);
      q += 0.5 * reference_two_hot_decode(logits, options.vmin, options.vmax);
    }
    values[static_cast<size_t>(row)] = value + discount * (1.0 - done) * q;
  }
  return values;
}

std::vector<double> reference_propose(const RolloutOptions& options,
                                      const RolloutNetworks& networks, std::int64_t num_envs,
                                      std::int64_t num_proposals, std::int64_t horizon,
                                      const float* z0, const float* eps) {
  const std::int64_t num_rows = num_envs * num_proposals;
  std::vector<double> actions;
  std::vector<Row> latents;
  for (std::int64_t row = 0; row < num_rows; ++row) {
    latents.push_back(row_at(z0, row / num_proposals, options.latent_dim));
  }
  for (std::int64_t h = 0; h < horizon; ++h) {
    for (std::int64_t row = 0; row < num_rows; ++row) {
      Row& z = latents[static_cast<size_t>(row)];
      const float* row_eps = eps + (h * num_rows + row) * options.action_dim;
      const Row action = reference_policy(options, networks, z, row_eps);
      actions.insert(actions.end(), action.begin(), action.end());
      z = reference_mlp(networks.dynamics, concatenated(z, action), options.simnorm_dim);
    }
  }
  return actions;
}

}  // namespace foresight
