// Everything that a call of LatentModel::score needs, drawn from a seed.
#pragma once

#include "nn/tensors.h"
#include "world_model/latent_model.h"

namespace foresight {

struct ScoreShape {
  std::int64_t num_envs = 2;       // B
  std::int64_t num_proposals = 3;  // P
  std::int64_t num_samples = 5;    // M
  std::int64_t horizon = 3;        // H
  std::int64_t action_dim = 3;     // A
  std::int64_t dropout_dim = 0;    // hidden; 0: no dropout
};

struct ScoreInputs {
  ScoreInputs(const ScoreShape& shape, std::uint64_t seed) {
    Rng rng(seed, "score inputs");
    const auto actions = [&](std::int64_t count) {
      return random_normal({shape.horizon, shape.num_envs, count, shape.action_dim}, rng).tanh();
    };
    const std::int64_t rows = shape.num_proposals + shape.num_samples;
    proposals = actions(shape.num_proposals);
    samples = actions(shape.num_samples);
    draws.policy_eps = random_normal({shape.num_envs, rows, shape.action_dim}, rng);
    draws.q_pair = torch::tensor({2, 0}, torch::kLong);
    if (shape.dropout_dim > 0) {
      const Tensor noise = random_normal({2, shape.num_envs * rows, shape.dropout_dim}, rng);
      draws.dropout_mask = (noise > -0.5).to(torch::kFloat32) / 0.69f;
    }
  }
  Tensor proposals;  // [H, B, P, A]
  Tensor samples;    // [H, B, M, A]
  ScoreDraws draws;
};

inline Tensor score_with(LatentModel& model, const Tensor& z0, const ScoreInputs& inputs) {
  model.begin(z0, inputs.proposals);
  return model.score(inputs.samples, inputs.draws);
}

}  // namespace foresight
