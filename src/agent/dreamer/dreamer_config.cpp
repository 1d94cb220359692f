#include "agent/dreamer/dreamer_config.h"

#include <fmt/format.h>

#include "agent/dreamer/schedule.h"
#include "base/error.h"

namespace foresight {

void DreamerExplorationConfig::visit(FieldVisitor& v) {
  v.field("noise", noise, {0, 1}, "added to actions of games that are learned from");
  v.field("eval_noise", eval_noise, {0, 1}, "added to actions of other games");
}

void DreamerConfig::visit(FieldVisitor& v) {
  v.field("id", id, {"dreamerv2"}, "the algorithm");
  v.field("device", device, {"cpu", "cuda"}, "where it is computed");
  v.field("inputs", inputs, {"auto", "image", "vector", "both"},
          "what is looked at; auto: the picture if there is one, else the numbers");
  v.field("discount", discount, {0, 1}, "gamma: weight of a reward one step later");
  v.field("graphs", graphs,
          "on a CUDA device updates are recorded once, as a graph, and replayed from then on");
  v.group("model", model, "the world model");
  v.group("model_optimiser", model_optimiser, "Adam of the world model");
  v.group("behaviour", behaviour, "how the policy learns in imagination");
  v.group("exploration", exploration, "noise of the actions");
  v.group("replay", replay, "what is remembered, and drawn from it");
}

bool DreamerConfig::sees_image(const EnvSpec& env) const {
  return inputs == "image" || inputs == "both" || (inputs == "auto" && env.image.has_value());
}

bool DreamerConfig::sees_vector(const EnvSpec& env) const {
  return inputs == "vector" || inputs == "both" || (inputs == "auto" && !env.image.has_value());
}

void DreamerConfig::validate(const EnvSpec& env, ConfigProblems& problems) const {
  const auto refuse = [&](bool is_wrong, const std::string& text) {
    if (is_wrong) problems.lines.push_back(text);
  };
  const auto check_schedule = [&](const std::string& text, const std::string& key) {
    try {
      const Schedule schedule(text, key);
    } catch (const Error& error) {
      problems.lines.emplace_back(error.what());
    }
  };
  check_schedule(behaviour.entropy_scale, "agent.behaviour.entropy_scale");
  check_schedule(behaviour.gradient_mix, "agent.behaviour.gradient_mix");
  refuse(sees_image(env) && !env.image,
         fmt::format("agent.inputs = \"{}\", but {} shows no picture: use \"vector\"", inputs,
                     env.id));
  if (sees_image(env) && env.image) {
    refuse(env.image->height != kDreamerImageSize || env.image->width != kDreamerImageSize,
           fmt::format("{} shows pictures of {} x {}, but DreamerV2's encoder and decoder need "
                       "{} x {}: set the environment's image size to that",
                       env.id, env.image->height, env.image->width, kDreamerImageSize,
                       kDreamerImageSize));
    std::int64_t edge = 1;
    for (const std::int64_t kernel : model.decoder.kernels) edge = (edge - 1) * 2 + kernel;
    refuse(edge != kDreamerImageSize,
           fmt::format("agent.model.decoder.kernels give pictures of {} x {}, not {} x {} "
                       "(5, 5, 6, 6 do)",
                       edge, edge, kDreamerImageSize, kDreamerImageSize));
    edge = kDreamerImageSize;
    for (const std::int64_t kernel : model.encoder.kernels) {
      edge = edge >= kernel ? (edge - kernel) / 2 + 1 : 0;
    }
    refuse(edge < 1 || model.encoder.kernels.empty(),
           "agent.model.encoder.kernels leave nothing of a picture (4, 4, 4, 4 leave 2 x 2)");
  }
  refuse(sees_vector(env) && env.observation_dim < 1,
         fmt::format("agent.inputs = \"{}\", but {} has no numbers to look at", inputs, env.id));
  refuse(sees_vector(env) && (model.encoder.mlp.empty() || model.decoder.mlp.empty()),
         "agent.model.encoder.mlp and agent.model.decoder.mlp need at least one layer");
  const bool is_discrete = env.num_discrete_actions > 0;
  refuse(behaviour.actor.distribution == "onehot" && !is_discrete,
         fmt::format("agent.behaviour.actor.distribution = \"onehot\" needs choices, but {} takes "
                     "numbers: use \"auto\" or \"trunc_normal\"",
                     env.id));
  refuse(is_discrete && behaviour.actor.distribution != "onehot" &&
             behaviour.actor.distribution != "auto",
         fmt::format("agent.behaviour.actor.distribution = \"{}\" needs numbers, but {} is a "
                     "choice of {} actions: use \"auto\" or \"onehot\"",
                     behaviour.actor.distribution, env.id, env.num_discrete_actions));
  refuse(model.reward.hidden.empty() || model.discount.hidden.empty() ||
             behaviour.critic.hidden.empty() || behaviour.actor.hidden.empty(),
         "heads, critic and actor need at least one hidden layer");
  refuse(env.max_episode_steps + 1 > replay.capacity,
         fmt::format("agent.replay.capacity = {} rows holds no whole episode of {} steps",
                     replay.capacity, env.max_episode_steps));
  refuse(env.max_episode_steps > 0 && env.max_episode_steps < replay.min_episode_steps,
         fmt::format("agent.replay.min_episode_steps = {}, but no episode of {} is longer than {} "
                     "steps",
                     replay.min_episode_steps, env.id, env.max_episode_steps));
  refuse(replay.max_length > 0 && replay.max_length < replay.min_length,
         fmt::format("agent.replay.max_length = {} is below min_length = {}", replay.max_length,
                     replay.min_length));
}

WorldShape world_shape_of(const DreamerConfig& config, const EnvSpec& env) {
  WorldShape shape;
  if (config.sees_image(env)) {
    FS_CHECK(env.image.has_value(), "{} shows no picture", env.id);
    shape.image_channels = env.image->num_frames * env.image->channels;
  }
  if (config.sees_vector(env)) shape.vectors.push_back({"observation", env.observation_dim});
  shape.action_dim = env.action_dim;
  return shape;
}

}  // namespace foresight
