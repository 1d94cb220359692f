#include "nn/adam.h"

#include <torch/torch.h>

#include <cmath>

#include "base/error.h"

namespace foresight {

Adam::Adam(const Tensor& parameters, std::vector<AdamPart> parts, AdamConfig config)
    : parameters_(parameters),
      parts_(std::move(parts)),
      config_(config),
      first_moment_(torch::zeros_like(parameters)),
      second_moment_(torch::zeros_like(parameters)) {
  std::int64_t covered = 0;
  for (const AdamPart& part : parts_) {
    FS_CHECK(part.offset == covered, "part at {} leaves a gap after {}", part.offset, covered);
    covered += part.length;
  }
  FS_CHECK(covered == parameters.numel(), "parts cover {} of {}", covered, parameters.numel());
}

void Adam::step(const Tensor& gradient) {
  const torch::NoGradGuard no_grad;
  ++num_steps_;
  const auto steps = static_cast<double>(num_steps_);
  const double correction1 = 1.0 - std::pow(config_.beta1, steps);
  const double correction2 = 1.0 - std::pow(config_.beta2, steps);
  first_moment_.lerp_(gradient, 1.0 - config_.beta1);
  second_moment_.mul_(config_.beta2).addcmul_(gradient, gradient, 1.0 - config_.beta2);
  const Tensor denominator =
      (second_moment_.sqrt() / std::sqrt(correction2)).add_(config_.epsilon);
  for (const AdamPart& part : parts_) {
    parameters_.narrow(0, part.offset, part.length)
        .addcdiv_(first_moment_.narrow(0, part.offset, part.length),
                  denominator.narrow(0, part.offset, part.length),
                  -part.learning_rate / correction1);
  }
}

void Adam::restore(const Tensor& first, const Tensor& second, std::int64_t num_steps) {
  FS_CHECK(first.sizes() == first_moment_.sizes() && second.sizes() == second_moment_.sizes(),
           "moments have {} entries, parameters {}", first.numel(), first_moment_.numel());
  first_moment_.copy_(first);
  second_moment_.copy_(second);
  num_steps_ = num_steps;
}

void Adam::scale_learning_rates(double factor) {
  for (AdamPart& part : parts_) part.learning_rate *= factor;
}

Tensor clip_norm(const Tensor& gradient, double max_norm) {
  const torch::NoGradGuard no_grad;
  const Tensor norm = gradient.norm();
  gradient.mul_((max_norm / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

}  // namespace foresight
