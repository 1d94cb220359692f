#include "agent/dreamer/noise.h"

#include <limits>

#include "nn/team_draws.h"

namespace foresight {
namespace {

at::Generator seeded(std::uint64_t seed, const torch::Device& device) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

}  // namespace

Noise::Noise(std::uint64_t seed, const torch::Device& device)
    : rng_(seed, "dreamer/noise"),
      generator_(seeded(seed, device)),
      options_(torch::TensorOptions().device(device)) {}

Tensor Noise::gumbel(at::IntArrayRef shape) {
  if (options_.device().is_cpu()) return draw_gumbel(shape, rng_);
  // Of an exponential variable, which may be rounded to 0.
  return torch::empty(shape, options_)
      .exponential_(1.0, generator_)
      .clamp_min_(std::numeric_limits<float>::min())
      .log_()
      .neg_();
}

Tensor Noise::normal(at::IntArrayRef shape) {
  return torch::empty(shape, options_).normal_(0.0, 1.0, generator_);
}

Tensor Noise::uniform(at::IntArrayRef shape) {
  return torch::empty(shape, options_).uniform_(0.0, 1.0, generator_);
}

Tensor Noise::latent(const RssmConfig& config, std::vector<std::int64_t> leading) {
  leading.push_back(config.stoch);
  if (config.classes == 0) return normal(leading);
  leading.push_back(config.classes);
  return gumbel(leading);
}

Tensor Noise::action(ActionKind kind, at::IntArrayRef shape) {
  if (kind == ActionKind::kOneHot) return gumbel(shape);
  return kind == ActionKind::kTruncatedNormal ? uniform(shape) : normal(shape);
}

}  // namespace foresight
