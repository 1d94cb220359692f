#include "agent/tdmpc2/tdmpc2_config.h"

#include <fmt/format.h>

#include <set>

#include "nn/torch.h"
#include "world_model/tdmpc2/model_sizes.h"
#include "world_model/tdmpc2/packed_scorer.h"

namespace foresight {
namespace {

constexpr std::int64_t kMostClones = 1000;     // the replay numbers them in 16 bits
constexpr std::int64_t kLatentOfChannel = 16;  // what is left of a picture: 4 x 4

void validate_opponents(const Tdmpc2Config& config, const EnvSpec& env, ConfigProblems& problems) {
  const auto& opponents = config.opponent_cloning.opponents;
  const std::int64_t count = std::ssize(opponents);
  if (count == 0) return;
  const auto refuse = [&](bool is_wrong, std::string_view text) {
    if (is_wrong) problems.lines.emplace_back(text);
  };
  refuse(env.num_players < 2,
         fmt::format("agent.opponent_cloning.opponents names {}, but {} has one player", count,
                     env.id));
  refuse(count > kMostClones,
         fmt::format("agent.opponent_cloning.opponents names {}, at most {}", count, kMostClones));
  refuse(config.planner.num_samples < 2 * count || config.planner.num_elites < count,
         fmt::format("agent.planner.num_samples = {} and num_elites = {} are too few for {} cloned "
                     "opponents: each needs 2 samples and 1 elite",
                     config.planner.num_samples, config.planner.num_elites, count));
  std::set<std::string> seen;
  for (const ClonedOpponentConfig& opponent : opponents) {
    refuse(opponent.name.empty(), "agent.opponent_cloning.opponents: an entry needs a name");
    refuse(!seen.insert(opponent.name).second,
           fmt::format("agent.opponent_cloning.opponents names \"{}\" twice", opponent.name));
  }
}

void validate_inputs(const Tdmpc2Config& config, const EnvSpec& env, ConfigProblems& problems) {
  const auto refuse = [&](bool is_wrong, std::string_view text) {
    if (is_wrong) problems.lines.emplace_back(text);
  };
  if (!config.sees_image(env)) {
    refuse(env.observation_dim < 1,
           fmt::format("agent.inputs = \"{}\", but {} has no numbers to look at", config.inputs,
                       env.id));
    return;
  }
  if (!env.image) {
    problems.lines.push_back(
        fmt::format("agent.inputs = \"image\", but {} shows no picture: use \"vector\"", env.id));
    return;
  }
  refuse(env.image->height != kImageSize || env.image->width != kImageSize,
         fmt::format("{} shows pictures of {} x {}, but TD-MPC2's encoder reads {} x {}: set "
                     "env.image_size to that",
                     env.id, env.image->height, env.image->width, kImageSize, kImageSize));
  refuse(config.model.latent_dim != kLatentOfChannel * config.model.encoder_channels,
         fmt::format("agent.model.latent_dim = {}, but an encoder of pictures with "
                     "agent.model.encoder_channels = {} gives {}",
                     config.model.latent_dim, config.model.encoder_channels,
                     kLatentOfChannel * config.model.encoder_channels));
  refuse(!env.tasks.empty(), "agent.inputs: a model of several tasks reads numbers: \"vector\"");
  refuse(config.opponent_cloning.num_opponents() > 0,
         "agent.opponent_cloning.opponents: an agent that sees pictures imitates nobody");
}

void validate_tasks(const Tdmpc2Config& config, const EnvSpec& env, ConfigProblems& problems) {
  if (env.tasks.empty()) return;
  const auto refuse = [&](bool is_wrong, std::string_view text) {
    if (is_wrong) problems.lines.emplace_back(text);
  };
  refuse(config.model.termination != "none",
         "agent.model.termination: a model of several tasks predicts no end; set it to \"none\"");
  refuse(config.learner.n_step != 1,
         "agent.learner.n_step: a model of several tasks learns from targets of 1 step");
  refuse(config.opponent_cloning.num_opponents() > 0,
         "agent.opponent_cloning.opponents: a model of several tasks knows no opponents");
  for (const TaskSpec& task : env.tasks) {
    refuse(task.max_episode_steps > 0 && config.slice_horizon() > task.max_episode_steps,
           fmt::format("slices of {} steps do not fit into episodes of {} of {}",
                       config.slice_horizon(), task.max_episode_steps, task.name));
  }
}

}  // namespace

Tdmpc2Config Tdmpc2Config::defaults_for(const Table& section, const EnvSpec& env) {
  Tdmpc2Config config;
  const ConfigValue* size = section.find("model_size");
  const auto* number = size == nullptr ? nullptr : std::get_if<std::int64_t>(&size->data);
  if (number != nullptr && is_model_size(*number)) {
    apply_model_size(config.model, *number, env.task_set);
  }
  return config;
}

void Tdmpc2Config::visit(FieldVisitor& v) {
  v.field("id", id, {"tdmpc2"}, "the algorithm");
  v.field("device", device, {"auto", "cpu", "cuda"},
          "where networks live; auto: a GPU if there is one");
  v.field("scorer", scorer, {"auto", "tensor", "packed"},
          "who scores action sequences: plain tensors, or packed weights (CPU only)");
  v.field("precision", precision, {"fp32", "tf32", "bf16", "int8", "auto"},
          "in which plans multiply: on the CPU fp32, bf16 or int8, on a CUDA device fp32, tf32 or "
          "bf16; what the machine has not is fp32. auto: the fastest on this CPU");
  v.field("graphs", graphs,
          "on a CUDA device plans without a deadline are recorded once, as a graph, and replayed");
  v.field("inputs", inputs, {"auto", "image", "vector"},
          "what is looked at; auto: the picture if there is one, else the numbers");
  v.field(
      "model_size", model_size, {0, 317},
      "1, 5, 19, 48 or 317 (million parameters) give the widths in model their official values, "
      "where they are not given themselves; 0: none of them");
  v.field("task_from", task_from, {},
          "when a model is loaded that lacks one of the tasks: the task of its own whose embedding "
          "the new one begins with, or fresh; empty: refuse");
  v.field("discount", discount, {0, 1}, "gamma; 0: from the episode's length by the next three");
  v.field("discount_denom", discount_denom, {1, 1e6}, "episode length / this = steps that count");
  v.field("discount_min", discount_min, {0, 1}, "lower bound of that gamma");
  v.field("discount_max", discount_max, {0, 1}, "upper bound of that gamma");
  v.field("win_bonus", win_bonus, {0, 1e6}, "reward spread back over a won game; 0: none");
  v.field("win_bonus_discount", win_bonus_discount, {0, 1}, "of that bonus, a step back in time");
  v.group("model", model, "the networks");
  v.group("planner", planner, "how actions are searched");
  v.group("sequence_value", sequence_value, "how the planner values a sequence beyond its rewards");
  v.group("learner", learner, "how the networks learn");
  v.group("replay", replay, "what is remembered, and drawn from it");
  v.group("opponent_cloning", opponent_cloning,
          "networks that imitate opponents, so that plans reckon with them");
}

void Tdmpc2Config::settle() {
  if (precision == "auto") precision = uses_cuda() ? "fp32" : fastest_precision();
}

bool Tdmpc2Config::uses_cuda() const {
  return device != "cpu" && scorer != "packed" && torch::cuda::is_available();
}

double Tdmpc2Config::discount_for(const EnvSpec& env) const {
  if (discount > 0) return discount;
  return discount_of(env.max_episode_steps, discount_denom, discount_min, discount_max);
}

std::vector<double> Tdmpc2Config::task_discounts_for(const EnvSpec& env) const {
  std::vector<double> discounts;
  for (const TaskSpec& task : env.tasks) {
    discounts.push_back(discount > 0 ? discount
                                     : discount_of(task.max_episode_steps, discount_denom,
                                                   discount_min, discount_max));
  }
  return discounts;
}

void Tdmpc2Config::validate(const EnvSpec& env, ConfigProblems& problems) const {
  const auto refuse = [&](bool is_wrong, std::string_view text) {
    if (is_wrong) problems.lines.emplace_back(text);
  };
  refuse(model_size != 0 && !is_model_size(model_size),
         fmt::format("agent.model_size = {}: expected 1, 5, 19, 48, 317, or 0", model_size));
  refuse(model.latent_dim % model.simnorm_dim != 0,
         fmt::format("agent.model.latent_dim = {} is no multiple of agent.model.simnorm_dim = {}",
                     model.latent_dim, model.simnorm_dim));
  refuse(planner.num_elites > planner.num_samples,
         fmt::format("agent.planner.num_elites = {} is more than agent.planner.num_samples = {}",
                     planner.num_elites, planner.num_samples));
  refuse(planner.num_policy_samples >= planner.num_samples,
         fmt::format("agent.planner.num_policy_samples = {} leaves none of "
                     "agent.planner.num_samples = {} to be drawn",
                     planner.num_policy_samples, planner.num_samples));
  refuse(planner.min_std > planner.max_std,
         fmt::format("agent.planner.min_std = {} is above agent.planner.max_std = {}",
                     planner.min_std, planner.max_std));
  refuse(model.vmin >= model.vmax,
         fmt::format("agent.model.vmin = {} is not below vmax = {}", model.vmin, model.vmax));
  refuse(model.log_std_min >= model.log_std_max,
         fmt::format("agent.model.log_std_min = {} is not below log_std_max = {}",
                     model.log_std_min, model.log_std_max));
  refuse(model.q_hidden.empty() || model.policy_hidden.empty(),
         "agent.model.q_hidden and agent.model.policy_hidden need at least one layer");
  refuse(env.can_terminate && model.termination == "none",
         fmt::format("{} has terminal states, which the model must predict: set "
                     "agent.model.termination = \"latent\"",
                     env.id));
  refuse(env.max_episode_steps > 0 && slice_horizon() > env.max_episode_steps,
         fmt::format("slices of {} steps (agent.learner.horizon or agent.planner.horizon) do not "
                     "fit into episodes of {} of {}",
                     slice_horizon(), env.max_episode_steps, env.id));
  refuse(planner.horizon > slice_horizon(),
         fmt::format("agent.planner.horizon = {} looks further than the slices of "
                     "agent.learner.horizon = {} steps that the model is trained on",
                     planner.horizon, learner.horizon));
  refuse(env.max_episode_steps + 1 > replay.capacity,
         fmt::format("agent.replay.capacity = {} rows holds no whole episode of {} steps",
                     replay.capacity, env.max_episode_steps));
  refuse(discount == 0 && discount_min > discount_max,
         fmt::format("agent.discount_min = {} is above agent.discount_max = {}", discount_min,
                     discount_max));
  refuse(scorer == "packed" && device == "cuda",
         "agent.scorer = \"packed\" runs on the CPU only, but agent.device = \"cuda\"");
  refuse(scorer == "packed" && model.num_bins < 2,
         "agent.scorer = \"packed\" needs agent.model.num_bins of 2 or more");
  refuse(scorer == "packed" && plans_with_dropout_before_norm(),
         "agent.scorer = \"packed\" with agent.learner.target_dropout needs "
         "agent.model.dropout_place = \"after_norm\"");
  refuse(env.num_discrete_actions > 0,
         fmt::format("{} is played by choosing one of {} actions, but tdmpc2 plans with numbers in "
                     "[-1, 1]: it needs an environment of continuous actions, or this environment "
                     "an agent for discrete ones",
                     env.id, env.num_discrete_actions));
  validate_inputs(*this, env, problems);
  validate_opponents(*this, env, problems);
  validate_tasks(*this, env, problems);
  refuse(env.action_dim < 1, fmt::format("{} has no actions", env.id));
}

}  // namespace foresight
