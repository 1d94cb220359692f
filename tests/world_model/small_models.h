// Small world models with weights that hide nothing.
#pragma once

#include "nn/tensors.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

inline constexpr std::int64_t kSmallObservation = 7;
inline constexpr std::int64_t kSmallAction = 3;

// The options of `config` in networks of small, odd widths with 16 latent numbers.
inline WorldModel small_model(Tdmpc2ModelConfig config, std::uint64_t seed) {
  config.latent_dim = 16;
  config.encoder_hidden = {13};
  config.dynamics_hidden = {24, 17};
  config.reward_hidden = {19, 21};
  config.policy_hidden = {18, 23};
  config.q_hidden = {22, 15};
  config.termination_hidden = {11, 9};
  return {config, kSmallObservation, kSmallAction, torch::kCPU, seed};
}

// The same, all parameters replaced by noise.
inline void add_noise(WorldModel& model, std::uint64_t seed) {
  Rng rng(seed, "noisy model");
  fill_with_noise(model.model_parameters(), 0.5f, rng);
  fill_with_noise(model.policy_parameters(), 0.5f, rng);
  fill_with_noise(model.target_parameters(), 0.5f, rng);
  for (std::int64_t k = 0; k < model.opponents().size(); ++k) {
    fill_with_noise(model.opponents().parameters(k), 0.5f, rng);
  }
}

inline WorldModel noisy_model(const Tdmpc2ModelConfig& config, std::uint64_t seed) {
  WorldModel model = small_model(config, seed);
  add_noise(model, seed);
  return model;
}

}  // namespace foresight
