#include "nn/keras_adam.h"

#include <cmath>

#include "base/error.h"
#include "kernels/adam/adam.h"
#include "nn/compute_team.h"
#include "nn/torch.h"

namespace foresight {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;

AdamSegment segment_of(const Tensor& parameters, const Tensor& gradient, const Tensor& first,
                       const Tensor& second, double learning_rate) {
  return {.parameter = parameters.data_ptr<float>(),
          .gradient = gradient.const_data_ptr<float>(),
          .first_moment = first.data_ptr<float>(),
          .second_moment = second.data_ptr<float>(),
          .size = parameters.numel(),
          .learning_rate = static_cast<float>(learning_rate)};
}

}  // namespace

KerasAdam::KerasAdam(const Tensor& parameters, const KerasAdamConfig& config)
    : parameters_(parameters),
      config_(config),
      first_moment_(torch::zeros_like(parameters)),
      second_moment_(torch::zeros_like(parameters)) {}

double KerasAdam::step(const Tensor& gradient) {
  FS_CHECK(gradient.numel() == parameters_.numel(), "{} gradients for {} parameters",
           gradient.numel(), parameters_.numel());
  const torch::NoGradGuard no_grad;
  ++num_steps_;
  double norm = 0.0;
  if (parameters_.is_cpu()) {
    const AdamSegment segment =
        segment_of(parameters_, gradient, first_moment_, second_moment_, config_.learning_rate);
    norm = std::sqrt(sum_of_squares({&segment, 1}, cpu_level(), compute_team()));
  } else {
    norm = gradient.norm().item<double>();
  }
  const bool is_cut = config_.clip_norm > 0.0 && norm > config_.clip_norm;
  const double scale = is_cut ? config_.clip_norm / norm : 1.0;
  // The kernel divides v by (1 - .999^t) before the root; with this epsilon that is the same.
  const double correction = std::sqrt(1.0 - std::pow(kBeta2, static_cast<double>(num_steps_)));
  if (config_.weight_decay > 0.0) parameters_.mul_(1.0 - config_.weight_decay);
  if (parameters_.is_cpu()) {
    step_fused(gradient, scale, config_.epsilon / correction);
  } else {
    step_plain(gradient, scale, config_.epsilon / correction);
  }
  return norm;
}

void KerasAdam::step_fused(const Tensor& gradient, double scale, double epsilon) {
  const AdamSegment segment =
      segment_of(parameters_, gradient, first_moment_, second_moment_, config_.learning_rate);
  adam_step({&segment, 1},
            {.beta1 = kBeta1,
             .beta2 = kBeta2,
             .epsilon = epsilon,
             .step = num_steps_,
             .gradient_scale = static_cast<float>(scale)},
            compute_team());
}

void KerasAdam::step_plain(const Tensor& gradient, double scale, double epsilon) {
  const Tensor cut = gradient * scale;
  const auto steps = static_cast<double>(num_steps_);
  first_moment_.lerp_(cut, 1.0 - kBeta1);
  second_moment_.mul_(kBeta2).addcmul_(cut, cut, 1.0 - kBeta2);
  const Tensor root = (second_moment_ / (1.0 - std::pow(kBeta2, steps))).sqrt_().add_(epsilon);
  parameters_.addcdiv_(first_moment_, root,
                       -config_.learning_rate / (1.0 - std::pow(kBeta1, steps)));
}

void KerasAdam::restore(const Tensor& first, const Tensor& second, std::int64_t num_steps) {
  FS_CHECK(first.sizes() == first_moment_.sizes() && second.sizes() == second_moment_.sizes(),
           "moments have {} entries, parameters {}", first.numel(), first_moment_.numel());
  first_moment_.copy_(first);
  second_moment_.copy_(second);
  num_steps_ = num_steps;
}

}  // namespace foresight
