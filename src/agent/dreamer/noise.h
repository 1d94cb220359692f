// Random numbers for latent states and actions, from a generator that one number seeds: the whole
// state of an agent's randomness stays its Rng.
#pragma once

#include "agent/dreamer/policy.h"
#include "nn/torch.h"

namespace foresight {

class Noise {
 public:
  Noise(std::uint64_t seed, const torch::Device& device);

  Tensor gumbel(at::IntArrayRef shape);
  Tensor normal(at::IntArrayRef shape);
  Tensor uniform(at::IntArrayRef shape);  // (0, 1)
  // What a latent state of these leading axes is drawn by.
  Tensor latent(const RssmConfig& config, std::vector<std::int64_t> leading);
  // What ActionDistribution::sample wants.
  Tensor action(ActionKind kind, at::IntArrayRef shape);

 private:
  Rng rng_;  // for what LibTorch draws by one thread and slowly: Gumbel noise on the CPU
  at::Generator generator_;
  torch::TensorOptions options_;
};

}  // namespace foresight
