#include "env/multitask/multitask_env.h"

#include <algorithm>

#include "base/error.h"
#include "env/multitask/task_sets.h"

namespace foresight {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::unique_ptr<Env> make_task_env(const std::string& task_name) {
  Table section;
  section.set("id", {env_id_of(task_name), "env.tasks"});
  auto env = make_env(section);
  const EnvSpec& spec = env->spec();
  if (spec.num_players != 1 || spec.num_discrete_actions > 0 || spec.image || spec.can_terminate) {
    fail(
        "env.tasks: {} cannot be one of several tasks: these need one player, numbers as actions "
        "and observations, and episodes that only the clock ends",
        spec.id);
  }
  return env;
}

TaskSpec spec_of(const std::string& name) {
  if (const auto known = known_task(name)) return *known;
  const EnvSpec spec = make_task_env(name)->spec();
  return {name, spec.observation_dim, spec.action_dim, spec.max_episode_steps};
}

}  // namespace

std::vector<TaskSpec> tasks_of(const std::string& names) {
  std::vector<TaskSpec> tasks = task_set(trimmed(names));
  if (!tasks.empty()) return tasks;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    const std::string name = task_name_of(trimmed(names.substr(begin, end - begin)));
    begin = end + 1;
    if (name.empty()) continue;
    if (std::ranges::find(tasks, name, &TaskSpec::name) != tasks.end()) {
      fail("env.tasks names {} twice", name);
    }
    tasks.push_back(spec_of(name));
  }
  if (tasks.empty()) {
    fail(
        "env.tasks = \"{}\" names no task: mt30, mt80, or environments such as "
        "\"dmcontrol/cup-catch, dmcontrol/reacher-easy\"",
        names);
  }
  return tasks;
}

MultitaskEnv::MultitaskEnv(const MultitaskConfig& config) {
  spec_.id = config.id;
  spec_.tasks = tasks_of(config.tasks);
  if (const std::string set = trimmed(config.tasks); !task_set(set).empty()) spec_.task_set = set;
  spec_.observation_dim = config.min_observation_dim;
  spec_.action_dim = config.min_action_dim;
  std::vector<std::string> names;
  for (const TaskSpec& task : spec_.tasks) {
    spec_.observation_dim = std::max(spec_.observation_dim, task.observation_dim);
    spec_.action_dim = std::max(spec_.action_dim, task.action_dim);
    spec_.max_episode_steps = std::max(spec_.max_episode_steps, task.max_episode_steps);
    names.push_back(task.name);
  }
  observation_.resize(static_cast<std::size_t>(spec_.observation_dim), 0.0f);
  if (config.task.empty()) return;
  const std::string name = task_name_of(config.task);
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    fail("env.task = \"{}\" is none of env.tasks{}\n  these are: {}", config.task,
         did_you_mean(name, names), fmt::join(names, ", "));
  }
  spec_.task = found - names.begin();
  env_ = make_task_env(name);
  const EnvSpec& own = env_->spec();
  const TaskSpec& known = spec_.tasks[static_cast<std::size_t>(spec_.task)];
  if (own.observation_dim != known.observation_dim || own.action_dim != known.action_dim) {
    fail("{}: expected {} observations and {} actions, found {} and {}: another version of it",
         own.id, known.observation_dim, known.action_dim, own.observation_dim, own.action_dim);
  }
  spec_.max_episode_steps = own.max_episode_steps;
  spec_.reports_success = own.reports_success;
  spec_.reward_terms = own.reward_terms;
  spec_.is_external = own.is_external;
}

Env& MultitaskEnv::played() const {
  if (env_ == nullptr) {
    fail(
        "{} has {} tasks and none is chosen to be played: set env.task, for example env.task={}, "
        "or give data=FOLDER to learn from recorded episodes",
        spec_.id, spec_.tasks.size(), spec_.tasks.front().name);
  }
  return *env_;
}

void MultitaskEnv::reset(std::uint64_t seed) {
  played().reset(seed);
  pad();
}

void MultitaskEnv::pad() {
  const auto own = env_->observation(0);
  std::copy(own.begin(), own.end(), observation_.begin());
}

std::span<const float> MultitaskEnv::own(std::span<const float> actions) const {
  FS_CHECK(std::ssize(actions) == spec_.action_dim, "{} action numbers, expected {}",
           actions.size(), spec_.action_dim);
  return actions.first(static_cast<std::size_t>(env_->spec().action_dim));
}

void MultitaskEnv::start_step(std::span<const float> actions) { played().start_step(own(actions)); }

StepResult MultitaskEnv::step(std::span<const float> actions) {
  const StepResult result = played().step(own(actions));
  pad();
  return result;
}

std::span<const float> MultitaskEnv::observation(int player) const {
  FS_CHECK(player == 0, "player {} of one", player);
  return observation_;
}

FS_REGISTER_ENV("multitask", MultitaskEnv,
                "several tasks for one model: mt30, mt80, or any list (env.tasks)");

}  // namespace foresight
