#include "cli/imported_env.h"

#include <algorithm>

#include "base/error.h"
#include "cli/model_env.h"
#include "env/env.h"
#include "env/multitask/task_sets.h"

namespace foresight {
namespace {

constexpr const char* kSuite = "dmcontrol/";
constexpr std::int64_t kColours = 3;

bool is_env(const std::string& id) {
  const EnvRegistry& registry = EnvRegistry::instance();
  return std::ranges::any_of(registry.names(), [&](const std::string& name) {
    const EnvEntry& entry = registry.find(name, "environment");
    return name == id || (entry.accepts && entry.accepts(id));
  });
}

// The official set of so many tasks of these sizes; empty: none.
std::string official_set(const CheckpointSizes& sizes) {
  for (const char* set : {"mt30", "mt80"}) {
    const auto tasks = task_set(set);
    const auto observation_dim = std::ranges::max(tasks, {}, &TaskSpec::observation_dim);
    const auto action_dim = std::ranges::max(tasks, {}, &TaskSpec::action_dim);
    if (std::ssize(tasks) == sizes.num_tasks &&
        observation_dim.observation_dim == sizes.observation_dim &&
        action_dim.action_dim == sizes.action_dim) {
      return set;
    }
  }
  return {};
}

Table sizes_only(const CheckpointSizes& sizes) {
  return sizes_as_env({.observation_dim = sizes.observation_dim,
                       .action_dim = sizes.action_dim,
                       .image_channels = sizes.image_channels,
                       .task_action_dims = sizes.task_action_dims});
}

Table env_of_tasks(const CheckpointFile& file, const CheckpointSizes& sizes, std::string tasks) {
  if (tasks.empty()) tasks = official_set(sizes);
  if (tasks.empty() && sizes.task_action_dims.empty()) {
    fail(
        "{}: a model of {} tasks whose file does not tell their actions: say with --tasks which "
        "they are, in the order in which it learned them",
        file.file_name(), sizes.num_tasks);
  }
  if (tasks.empty()) return sizes_only(sizes);
  Table env;
  env.set("id", {std::string("multitask"), "--tasks"});
  env.set("tasks", {std::move(tasks), "--tasks"});
  env.set("task", {std::string(), "--tasks"});  // none is played until one is named
  env.set("min_observation_dim", {sizes.observation_dim, "the checkpoint"});
  env.set("min_action_dim", {sizes.action_dim, "the checkpoint"});
  return env;
}

void check_tasks(const CheckpointFile& file, const CheckpointSizes& sizes,
                 const std::vector<TaskSpec>& tasks) {
  if (std::ssize(tasks) != sizes.num_tasks) {
    fail("{}: a model of {} tasks, but {} are named with --tasks", file.file_name(),
         sizes.num_tasks, tasks.size());
  }
  for (std::size_t i = 0; i < sizes.task_action_dims.size(); ++i) {
    if (tasks[i].action_dim == sizes.task_action_dims[i]) continue;
    fail(
        "{}: its task {} has {} actions, but {} has {}: --tasks names them in the order in which "
        "the model learned them",
        file.file_name(), i, sizes.task_action_dims[i], tasks[i].name, tasks[i].action_dim);
  }
}

}  // namespace

Table imported_env(const CheckpointFile& file, const ImportedTasks& tasks) {
  const CheckpointSizes sizes = sizes_of(file);
  if (sizes.num_tasks > 0) {
    if (!tasks.task.empty()) {
      fail(
          "{}: a model of {} tasks: --tasks says which they are (mt30, mt80, or a list); --task is "
          "for models of one",
          file.file_name(), sizes.num_tasks);
    }
    return env_of_tasks(file, sizes, tasks.tasks);
  }
  if (!tasks.tasks.empty()) {
    fail("{}: a model of one task: name it with --task", file.file_name());
  }
  std::string id = tasks.task;
  if (id.empty() && file.layout() == CheckpointLayout::kHockey) id = "hockey";
  if (id.empty()) return sizes_only(sizes);
  Table env;
  // A task's own name, as the reference knows it, belongs to the suite; so does a misspelt one.
  const std::string of_suite = kSuite + id;
  env.set("id", {is_env(of_suite) || !is_env(id) ? of_suite : id, "--task"});
  if (sizes.image_channels == 0) return env;
  env.set("pixels", {true, "the checkpoint"});
  env.set("frame_stack", {sizes.image_channels / kColours, "the checkpoint"});
  return env;
}

void check_fit(const CheckpointFile& file, const EnvSpec& spec) {
  const CheckpointSizes sizes = sizes_of(file);
  if (sizes.num_tasks > 0) check_tasks(file, sizes, spec.tasks);
  const std::int64_t channels = spec.image ? spec.image->num_frames * spec.image->channels : 0;
  if (channels != sizes.image_channels) {
    fail("{}: sees pictures of {} channels (0: none), but {} shows {}", file.file_name(),
         sizes.image_channels, spec.id, channels);
  }
  if (spec.observation_dim == sizes.observation_dim && spec.action_dim == sizes.action_dim) return;
  fail(
      "{}: reads {} observations and gives {} actions, but {} has {} and {}: name another task "
      "with {}",
      file.file_name(), sizes.observation_dim, sizes.action_dim, spec.id, spec.observation_dim,
      spec.action_dim, sizes.num_tasks > 0 ? "--tasks" : "--task");
}

}  // namespace foresight
