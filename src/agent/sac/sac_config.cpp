#include "agent/sac/sac_config.h"

#include <fmt/format.h>

namespace foresight {

void SacLearnerConfig::visit(FieldVisitor& v) {
  v.field("hidden", hidden, {1, 65536}, "units of each hidden layer, of all three networks");
  v.field("batch_size", batch_size, {1, 65536}, "steps an update");
  v.field("learning_rate", learning_rate, {0, 1}, "Adam's, of policy, values and temperature");
  v.field("target_tau", target_tau, {0, 1}, "share of the values in their slow copies an update");
  v.field("temperature", temperature, {1e-8, 1e4}, "weight of the entropy at the start");
  v.field("fixed_temperature", fixed_temperature, "the temperature stays where it starts");
  v.field("target_entropy_per_action", target_entropy_per_action, {-100, 100},
          "the entropy that the temperature aims at, for each number of an action");
  v.field("log_std_min", log_std_min, {-100, 10}, "the policy's log-deviation is held above");
  v.field("log_std_max", log_std_max, {-100, 10}, "and below");
  v.field("grad_clip_norm", grad_clip_norm, {0, 1e9}, "largest norm of a gradient; 0: no limit");
}

void SacExplorationConfig::visit(FieldVisitor& v) {
  v.field("noise_exponent", noise_exponent, {0, 2},
          "power of the policy's noise over frequency, 1 / f^this: 0 Gaussian draws, 1 pink");
  v.field("noise_length", noise_length, {0, 1'000'000},
          "steps of a sequence of such noise; 0: the longest episode");
}

void SacConfig::visit(FieldVisitor& v) {
  v.field("id", id, {"sac"}, "the algorithm");
  v.field("discount", discount, {0, 1}, "gamma: weight of a reward one step later");
  v.group("learner", learner, "the networks and how they learn");
  v.group("exploration", exploration, "the noise of the games that are learned from");
  v.group("replay", replay, "what is remembered, and drawn from it");
}

void SacConfig::validate(const EnvSpec& env, ConfigProblems& problems) const {
  const auto refuse = [&](bool is_wrong, std::string_view text) {
    if (is_wrong) problems.lines.emplace_back(text);
  };
  refuse(learner.hidden.empty(), "agent.learner.hidden needs at least one layer");
  refuse(learner.log_std_min >= learner.log_std_max,
         fmt::format("agent.learner.log_std_min = {} is not below log_std_max = {}",
                     learner.log_std_min, learner.log_std_max));
  refuse(env.max_episode_steps + 1 > replay.capacity,
         fmt::format("agent.replay.capacity = {} rows holds no whole episode of {} steps",
                     replay.capacity, env.max_episode_steps));
  refuse(exploration.noise_length == 1, "agent.exploration.noise_length = 1 is no sequence");
  refuse(env.action_dim < 1 || env.observation_dim < 1,
         fmt::format("{} has {} observations and {} actions", env.id, env.observation_dim,
                     env.action_dim));
}

}  // namespace foresight
