// DreamerV2 agents small enough for unit tests, with and without pictures.
#pragma once

#include "agent/dreamer/dreamer_agent.h"
#include "agent/tiny_agents.h"

namespace foresight {

inline DreamerConfig tiny_dreamer() {
  DreamerConfig config;
  config.model.rssm = {.hidden = 12, .deter = 12, .stoch = 3, .classes = 4};
  for (VisionConfig* vision : {&config.model.encoder, &config.model.decoder}) {
    vision->cnn_depth = 2;
    vision->mlp = {12};
  }
  for (HeadConfig* head :
       {&config.model.reward, &config.model.discount, &config.behaviour.critic}) {
    head->hidden = {12};
  }
  config.behaviour.actor.hidden = {12};
  config.behaviour.horizon = 3;
  config.replay = {.capacity = 120,
                   .batch_size = 3,
                   .length = 8,
                   .min_length = 8,
                   .max_length = 8,
                   .min_episode_steps = 8};
  return config;
}

inline EnvSpec picture_env(std::int64_t num_choices = 0) {
  EnvSpec env = tiny_env();
  env.observation_dim = 0;
  env.image = ImageShape{.num_frames = 1, .channels = 1, .height = 64, .width = 64};
  if (num_choices > 0) {
    env.action_dim = num_choices;
    env.num_discrete_actions = num_choices;
  }
  return env;
}

// Random episodes with pictures whose brightness is the step's number.
inline void feed_pictures(Agent& agent, const EnvSpec& env, std::int64_t num_episodes,
                          std::int64_t num_steps, Rng& rng) {
  std::vector<float> action(static_cast<std::size_t>(env.action_dim));
  const auto size = static_cast<std::size_t>(env.image->num_bytes());
  for (std::int64_t episode = 0; episode < num_episodes; ++episode) {
    for (std::int64_t step = 0; step < num_steps; ++step) {
      const std::vector<std::uint8_t> image(size, static_cast<std::uint8_t>(10 * step));
      const std::vector<std::uint8_t> next(size, static_cast<std::uint8_t>(10 * (step + 1)));
      for (float& a : action) a = static_cast<float>(rng.uniform(-1.0, 1.0));
      agent.observe({.observation = {},
                     .action = action,
                     .reward = action[0],
                     .next_observation = {},
                     .terminated = step + 1 == num_steps,
                     .image = image,
                     .next_image = next});
    }
  }
}

}  // namespace foresight
