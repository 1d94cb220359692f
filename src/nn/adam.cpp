#include "nn/adam.h"

#include <cmath>

#include "base/error.h"
#include "kernels/adam/adam.h"
#include "nn/compute_team.h"
#include "nn/torch.h"

namespace foresight {

Adam::Adam(const Tensor& parameters, std::vector<AdamPart> parts, AdamConfig config)
    : parameters_(parameters),
      parts_(std::move(parts)),
      config_(config),
      first_moment_(torch::zeros_like(parameters)),
      second_moment_(torch::zeros_like(parameters)),
      corrections_(torch::ones({2}, parameters.options())) {
  std::int64_t covered = 0;
  for (const AdamPart& part : parts_) {
    FS_CHECK(part.offset == covered, "part at {} leaves a gap after {}", part.offset, covered);
    covered += part.length;
  }
  FS_CHECK(covered == parameters.numel(), "parts cover {} of {}", covered, parameters.numel());
}

void Adam::count_step() {
  ++num_steps_;
  if (parameters_.is_cpu()) return write_corrections(corrections_);
  Tensor corrections = torch::empty({2});
  write_corrections(corrections);
  corrections_.copy_(corrections);
}

void Adam::write_corrections(Tensor& corrections) const {
  const auto steps = static_cast<double>(num_steps_);
  float* values = corrections.data_ptr<float>();
  values[0] = static_cast<float>(1.0 - std::pow(config_.beta1, steps));
  values[1] = static_cast<float>(std::sqrt(1.0 - std::pow(config_.beta2, steps)));
}

void Adam::apply(const Tensor& gradient, double max_norm) {
  if (parameters_.is_cpu()) {
    apply_fused(gradient, max_norm);
  } else {
    apply_plain(gradient, max_norm);
  }
}

void Adam::apply_plain(const Tensor& gradient, double max_norm) {
  const torch::NoGradGuard no_grad;
  norm_ = gradient.norm();
  const Tensor clipped = gradient * (max_norm / (norm_ + 1e-6)).clamp_max(1.0);
  first_moment_.lerp_(clipped, 1.0 - config_.beta1);
  second_moment_.mul_(config_.beta2).addcmul_(clipped, clipped, 1.0 - config_.beta2);
  const Tensor denominator =
      (second_moment_.sqrt() / corrections_[1]).add_(config_.epsilon).mul_(corrections_[0]);
  for (const AdamPart& part : parts_) {
    parameters_.narrow(0, part.offset, part.length)
        .addcdiv_(first_moment_.narrow(0, part.offset, part.length),
                  denominator.narrow(0, part.offset, part.length), -part.learning_rate);
  }
}

void Adam::apply_fused(const Tensor& gradient, double max_norm) {
  const torch::NoGradGuard no_grad;
  norm_ = Tensor();
  segments_.clear();
  for (const AdamPart& part : parts_) {
    segments_.push_back({.parameter = parameters_.data_ptr<float>() + part.offset,
                         .gradient = gradient.data_ptr<float>() + part.offset,
                         .first_moment = first_moment_.data_ptr<float>() + part.offset,
                         .second_moment = second_moment_.data_ptr<float>() + part.offset,
                         .size = part.length,
                         .learning_rate = static_cast<float>(part.learning_rate)});
  }
  norm_value_ = std::sqrt(sum_of_squares(segments_, cpu_level(), compute_team()));
  adam_step(segments_,
            {.beta1 = config_.beta1,
             .beta2 = config_.beta2,
             .epsilon = config_.epsilon,
             .step = num_steps_,
             .gradient_scale = clip_factor(norm_value_, max_norm)},
            compute_team());
}

Tensor Adam::gradient_norm() const {
  return norm_.defined() ? norm_ : torch::tensor(static_cast<float>(norm_value_));
}

void Adam::restore(const Tensor& first, const Tensor& second, std::int64_t num_steps) {
  FS_CHECK(first.sizes() == first_moment_.sizes() && second.sizes() == second_moment_.sizes(),
           "moments have {} entries, parameters {}", first.numel(), first_moment_.numel());
  first_moment_.copy_(first);
  second_moment_.copy_(second);
  num_steps_ = num_steps;
}

void move_towards(const Tensor& target, const Tensor& source, double rate) {
  FS_CHECK(target.numel() == source.numel(), "{} numbers towards {}", target.numel(),
           source.numel());
  const torch::NoGradGuard no_grad;
  if (!target.is_cpu()) {
    target.lerp_(source, rate);
    return;
  }
  const LerpSegment segment{target.data_ptr<float>(), source.const_data_ptr<float>(),
                            target.numel()};
  lerp_towards({&segment, 1}, static_cast<float>(rate), cpu_level(), compute_team());
}

}  // namespace foresight
