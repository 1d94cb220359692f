// TD-MPC2 agents small enough for unit tests, and episodes for them to learn from.
#pragma once

#include "agent/tdmpc2/tdmpc2_agent.h"
#include "nn/tensors.h"

namespace foresight {

inline EnvSpec tiny_env() {
  EnvSpec env;
  env.id = "toy";
  env.observation_dim = 4;
  env.action_dim = 2;
  env.max_episode_steps = 20;
  return env;
}

inline Tdmpc2Config tiny_config() {
  Tdmpc2Config config;
  config.device = "cpu";
  config.model.latent_dim = 16;
  config.model.encoder_hidden = {12};
  for (auto* hidden :
       {&config.model.dynamics_hidden, &config.model.reward_hidden, &config.model.policy_hidden,
        &config.model.q_hidden, &config.model.termination_hidden}) {
    *hidden = {16, 16};
  }
  config.model.termination = "latent";
  config.planner.num_samples = 24;
  config.planner.num_elites = 6;
  config.planner.num_policy_samples = 4;
  config.planner.iterations = 2;
  config.learner.batch_size = 16;
  config.learner.learning_rate = 1e-3;
  config.replay.capacity = 120;  // six episodes
  return config;
}

// Plays `num_episodes` random episodes of the given length into the agent as game 0.
inline void feed(Agent& agent, std::int64_t num_episodes, std::int64_t num_steps, Rng& rng,
                 int outcome = 0) {
  const EnvSpec env = tiny_env();
  std::vector<float> observation(static_cast<std::size_t>(env.observation_dim));
  std::vector<float> next(observation.size());
  std::vector<float> action(static_cast<std::size_t>(env.action_dim));
  for (std::int64_t episode = 0; episode < num_episodes; ++episode) {
    rng.fill_normal(observation);
    for (std::int64_t step = 0; step < num_steps; ++step) {
      rng.fill_normal(next);
      for (float& a : action) a = static_cast<float>(rng.uniform(-1.0, 1.0));
      const bool is_last = step + 1 == num_steps;
      agent.observe({.observation = observation,
                     .action = action,
                     .reward = action[0],
                     .next_observation = next,
                     .terminated = is_last,
                     .outcome = is_last ? outcome : 0});
      observation = next;
    }
  }
}

// The actor's answer to some fixed observations.
inline std::vector<float> act_once(Actor& actor, std::int64_t num_games, bool is_first = true) {
  const EnvSpec env = tiny_env();
  Rng rng(77, "observations");
  std::vector<float> observations(static_cast<std::size_t>(num_games * env.observation_dim));
  rng.fill_normal(observations);
  const std::vector<std::uint8_t> first_step(static_cast<std::size_t>(num_games), is_first);
  std::vector<float> actions(static_cast<std::size_t>(num_games * env.action_dim));
  actor.act(observations, first_step, actions);
  return actions;
}

}  // namespace foresight
