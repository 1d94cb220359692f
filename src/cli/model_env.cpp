#include "cli/model_env.h"

#include "base/error.h"
#include "env/env.h"

namespace foresight {
namespace {

// Steps of an episode of the suites that TD-MPC2's published agents learned on.
constexpr std::int64_t kUsualEpisode = 500;
constexpr std::int64_t kColours = 3;
constexpr const char* kImageChannels = "image_channels";
constexpr const char* kTaskActions = "task_action_dims";

std::int64_t size_at(const Table& env, std::string_view key) {
  const ConfigValue* value = env.find(key);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(&value->data);
  return number == nullptr ? 0 : *number;
}

std::string what_is_seen(const Table& env) {
  const std::int64_t channels = size_at(env, kImageChannels);
  return channels > 0 ? fmt::format("pictures of {} channels", channels)
                      : fmt::format("{} observations", size_at(env, "observation_dim"));
}

// The tasks have numbers for names.
std::vector<TaskSpec> unnamed_tasks(const Table& env, std::int64_t observation_dim) {
  std::vector<TaskSpec> tasks;
  const ConfigValue* value = env.find(kTaskActions);
  const auto* list = value == nullptr ? nullptr : std::get_if<ValueList>(&value->data);
  if (list == nullptr) return tasks;
  for (const ConfigValue& entry : *list) {
    const auto* action_dim = std::get_if<std::int64_t>(&entry.data);
    if (action_dim == nullptr) fail("{} holds something else than numbers", kTaskActions);
    tasks.push_back(
        {fmt::format("task{}", tasks.size()), observation_dim, *action_dim, kUsualEpisode});
  }
  return tasks;
}

}  // namespace

Table sizes_as_env(const EnvSizes& sizes) {
  Table env;
  env.set("observation_dim", {sizes.observation_dim, ""});
  env.set("action_dim", {sizes.action_dim, ""});
  if (sizes.image_channels > 0) env.set(kImageChannels, {sizes.image_channels, ""});
  if (sizes.task_action_dims.empty()) return env;
  ValueList tasks;
  for (const std::int64_t action_dim : sizes.task_action_dims) tasks.push_back({action_dim, ""});
  env.set(kTaskActions, {std::move(tasks), ""});
  return env;
}

Table other_env(const ModelCard& card, const std::string& id) {
  Table env;
  env.set("id", {id, "--env"});
  if (const std::int64_t channels = size_at(card.env, kImageChannels); channels > 0) {
    env.set("pixels", {true, "the model"});
    env.set("frame_stack", {channels / kColours, "the model"});
  }
  const ConfigValue* pixels = card.env.find("pixels");
  if (pixels == nullptr || pixels->data != ConfigValue::Data(true)) return env;
  for (const char* key : {"pixels", "frame_stack", "image_size"}) {
    if (const ConfigValue* value = card.env.find(key); value != nullptr) env.set(key, *value);
  }
  return env;
}

EnvSpec described_env(const ModelCard& card) {
  if (card.env.contains("id") || !card.env.contains("observation_dim")) {
    return make_env(card.env)->spec();
  }
  EnvSpec spec;
  spec.id = "no environment";
  spec.observation_dim = size_at(card.env, "observation_dim");
  spec.action_dim = size_at(card.env, "action_dim");
  spec.max_episode_steps = kUsualEpisode;
  spec.tasks = unnamed_tasks(card.env, spec.observation_dim);
  if (const std::int64_t channels = size_at(card.env, kImageChannels); channels > 0) {
    spec.image = ImageShape{.num_frames = channels / kColours, .channels = kColours};
  }
  return spec;
}

EnvSpec played_env(const ModelCard& card) {
  const bool has_sizes_only = !card.env.contains("id") && card.env.contains("observation_dim");
  if (has_sizes_only && card.env.contains(kTaskActions)) {
    fail("{} was imported without its tasks: import it again and say with --tasks which they are",
         card.name);
  }
  if (has_sizes_only) {
    fail(
        "{} was imported without a task: say which to play with --env, for example --env "
        "dmcontrol/walker-walk ({}, {} actions are needed)",
        card.name, what_is_seen(card.env), size_at(card.env, "action_dim"));
  }
  return make_env(card.env)->spec();
}

}  // namespace foresight
