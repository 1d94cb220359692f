// One step of play: see, update the latent state, choose.
// Reference: danijar/dreamerv2, dreamerv2/agent.py, Agent.policy. Axes: B games, A action.
#pragma once

#include "agent/dreamer/actor_critic.h"

namespace foresight {

// Where some games stand, carried from step to step.
struct ActingState {
  RssmState latent;  // [B, ...]
  Tensor action;     // [B, A], the last one played

  static ActingState begin(const Rssm& rssm, std::int64_t num_games, std::int64_t action_dim,
                           const torch::TensorOptions& options);
};

struct ActingInput {
  Tensor image;     // [B, C, 64, 64] uint8, or undefined
  Tensor vectors;   // [B, V], or undefined
  Tensor is_first;  // [B]
};

struct ActingDraws {
  Tensor posterior;    // [B, ...], of the latent state
  Tensor action;       // [B, A] for the policy's draw; undefined: its mode
  Tensor mode;         // [100, B, A], of a tanh-normal's mode, where `action` is undefined
  Tensor exploration;  // [B, A]; undefined: no exploration noise
};

// Moves `state` on and returns the actions [B, A].
Tensor act(const DreamWorld& world, const ActorCritic& behaviour, const ActingInput& input,
           const ActingDraws& draws, double exploration_amount, ActingState& state);

}  // namespace foresight
