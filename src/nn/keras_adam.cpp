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
      second_moment_(torch::zeros_like(parameters)),
      corrections_(torch::ones({2}, parameters.options())) {}

void KerasAdam::count_step() {
  ++num_steps_;
  const auto steps = static_cast<double>(num_steps_);
  const Tensor corrections = torch::empty({2});
  float* values = corrections.data_ptr<float>();
  values[0] = static_cast<float>(1.0 - std::pow(kBeta1, steps));
  values[1] = static_cast<float>(std::sqrt(1.0 - std::pow(kBeta2, steps)));
  corrections_.copy_(corrections);
}

void KerasAdam::apply(const Tensor& gradient) {
  FS_CHECK(gradient.numel() == parameters_.numel(), "{} gradients for {} parameters",
           gradient.numel(), parameters_.numel());
  if (parameters_.is_cpu()) {
    apply_fused(gradient);
  } else {
    apply_plain(gradient);
  }
}

void KerasAdam::apply_fused(const Tensor& gradient) {
  const torch::NoGradGuard no_grad;
  const AdamSegment segment =
      segment_of(parameters_, gradient, first_moment_, second_moment_, config_.learning_rate);
  const double norm = std::sqrt(sum_of_squares({&segment, 1}, cpu_level(), compute_team()));
  const bool is_cut = config_.clip_norm > 0.0 && norm > config_.clip_norm;
  if (config_.weight_decay > 0.0) parameters_.mul_(1.0 - config_.weight_decay);
  // The kernel divides v by (1 - .999^t) before the root; with this epsilon that is the same.
  const double correction = std::sqrt(1.0 - std::pow(kBeta2, static_cast<double>(num_steps_)));
  adam_step({&segment, 1},
            {.beta1 = kBeta1,
             .beta2 = kBeta2,
             .epsilon = config_.epsilon / correction,
             .step = num_steps_,
             .gradient_scale = static_cast<float>(is_cut ? config_.clip_norm / norm : 1.0)},
            compute_team());
  norm_ = torch::scalar_tensor(norm, torch::kDouble);
}

void KerasAdam::apply_plain(const Tensor& gradient) {
  const torch::NoGradGuard no_grad;
  norm_ = gradient.norm();
  const Tensor cut = config_.clip_norm > 0.0
                         ? gradient * (config_.clip_norm / norm_.clamp_min(config_.clip_norm))
                         : gradient;
  if (config_.weight_decay > 0.0) parameters_.mul_(1.0 - config_.weight_decay);
  first_moment_.lerp_(cut, 1.0 - kBeta1);
  second_moment_.mul_(kBeta2).addcmul_(cut, cut, 1.0 - kBeta2);
  const Tensor root = second_moment_.sqrt().add_(config_.epsilon);
  parameters_.sub_(first_moment_ / root *
                   (config_.learning_rate * corrections_[1] / corrections_[0]));
}

void KerasAdam::restore(const Tensor& first, const Tensor& second, std::int64_t num_steps) {
  FS_CHECK(first.sizes() == first_moment_.sizes() && second.sizes() == second_moment_.sizes(),
           "moments have {} entries, parameters {}", first.numel(), first_moment_.numel());
  first_moment_.copy_(first);
  second_moment_.copy_(second);
  num_steps_ = num_steps;
}

}  // namespace foresight
