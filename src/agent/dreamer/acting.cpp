#include "agent/dreamer/acting.h"

namespace foresight {

ActingState ActingState::begin(const Rssm& rssm, std::int64_t num_games, std::int64_t action_dim,
                               const torch::TensorOptions& options) {
  return {rssm.initial(num_games, options), torch::zeros({num_games, action_dim}, options)};
}

Tensor act(const DreamWorld& world, const ActorCritic& behaviour, const ActingInput& input,
           const ActingDraws& draws, double exploration_amount, ActingState& state) {
  const torch::NoGradGuard no_grad;
  const Tensor embed = world.model.embed(world.weights, input.image, input.vectors);
  state.latent = world.model.rssm().observe_step(world.weights, state.latent, state.action, embed,
                                                 input.is_first, draws.posterior);
  const ActionDistribution policy = behaviour.act(state.latent.features());
  state.action = draws.action.defined() ? policy.sample(draws.action) : policy.mode(draws.mode);
  if (draws.exploration.defined()) {
    state.action = noisy_action(state.action, exploration_amount, policy.kind, draws.exploration);
  }
  return state.action;
}

}  // namespace foresight
