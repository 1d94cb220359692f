#include "cli/model_env.h"

#include "base/error.h"
#include "env/env.h"

namespace foresight {
namespace {

// Steps of an episode of the suites that TD-MPC2's published agents learned on.
constexpr std::int64_t kUsualEpisode = 500;

std::int64_t size_at(const Table& env, std::string_view key) {
  const ConfigValue* value = env.find(key);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(&value->data);
  return number == nullptr ? 0 : *number;
}

}  // namespace

Table sizes_as_env(std::int64_t observation_dim, std::int64_t action_dim) {
  Table env;
  env.set("observation_dim", {observation_dim, ""});
  env.set("action_dim", {action_dim, ""});
  return env;
}

EnvSpec described_env(const ModelCard& card) {
  const std::int64_t observation_dim = size_at(card.env, "observation_dim");
  if (card.env.contains("id") || observation_dim == 0) return make_env(card.env)->spec();
  EnvSpec spec;
  spec.id = "no environment";
  spec.observation_dim = observation_dim;
  spec.action_dim = size_at(card.env, "action_dim");
  spec.max_episode_steps = kUsualEpisode;
  return spec;
}

EnvSpec played_env(const ModelCard& card) {
  if (!card.env.contains("id") && card.env.contains("observation_dim")) {
    fail(
        "{} was imported without a task: say which to play with --env, for example --env "
        "dmcontrol/walker-walk ({} observations, {} actions are needed)",
        card.name, size_at(card.env, "observation_dim"), size_at(card.env, "action_dim"));
  }
  return make_env(card.env)->spec();
}

}  // namespace foresight
