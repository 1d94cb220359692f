#include "env/multitask/task_sets.h"

#include <algorithm>
#include <string_view>

namespace foresight {
namespace {

constexpr std::string_view kDmControl = "dmcontrol/";
constexpr std::string_view kMetaWorld = "metaworld/";
constexpr std::string_view kMetaWorldPrefix = "mw-";
constexpr std::int64_t kDmControlSteps = 500;  // of the agent, each two of the simulation
constexpr std::int64_t kMetaWorldSteps = 100;
constexpr std::int64_t kMetaWorldObservations = 39;
constexpr std::int64_t kMetaWorldActions = 4;

struct DmControlTaskRow {
  const char* name;
  std::int64_t observation_dim;
  std::int64_t action_dim;
};

constexpr DmControlTaskRow kMt30[] = {{"walker-stand", 24, 6},
                                      {"walker-walk", 24, 6},
                                      {"walker-run", 24, 6},
                                      {"cheetah-run", 17, 6},
                                      {"reacher-easy", 6, 2},
                                      {"reacher-hard", 6, 2},
                                      {"acrobot-swingup", 6, 1},
                                      {"pendulum-swingup", 3, 1},
                                      {"cartpole-balance", 5, 1},
                                      {"cartpole-balance-sparse", 5, 1},
                                      {"cartpole-swingup", 5, 1},
                                      {"cartpole-swingup-sparse", 5, 1},
                                      {"cup-catch", 8, 2},
                                      {"finger-spin", 9, 2},
                                      {"finger-turn-easy", 12, 2},
                                      {"finger-turn-hard", 12, 2},
                                      {"fish-swim", 24, 5},
                                      {"hopper-stand", 15, 4},
                                      {"hopper-hop", 15, 4},
                                      {"walker-walk-backwards", 24, 6},
                                      {"walker-run-backwards", 24, 6},
                                      {"cheetah-run-backwards", 17, 6},
                                      {"cheetah-run-front", 17, 6},
                                      {"cheetah-run-back", 17, 6},
                                      {"cheetah-jump", 17, 6},
                                      {"hopper-hop-backwards", 15, 4},
                                      {"reacher-three-easy", 8, 3},
                                      {"reacher-three-hard", 8, 3},
                                      {"cup-spin", 8, 2},
                                      {"pendulum-spin", 3, 1}};

constexpr const char* kMetaWorldTasks[] = {"assembly",
                                           "basketball",
                                           "button-press-topdown",
                                           "button-press-topdown-wall",
                                           "button-press",
                                           "button-press-wall",
                                           "coffee-button",
                                           "coffee-pull",
                                           "coffee-push",
                                           "dial-turn",
                                           "disassemble",
                                           "door-open",
                                           "door-close",
                                           "drawer-close",
                                           "drawer-open",
                                           "faucet-open",
                                           "faucet-close",
                                           "hammer",
                                           "handle-press-side",
                                           "handle-press",
                                           "handle-pull-side",
                                           "handle-pull",
                                           "lever-pull",
                                           "peg-insert-side",
                                           "peg-unplug-side",
                                           "pick-out-of-hole",
                                           "pick-place",
                                           "pick-place-wall",
                                           "plate-slide",
                                           "plate-slide-side",
                                           "plate-slide-back",
                                           "plate-slide-back-side",
                                           "push-back",
                                           "push",
                                           "push-wall",
                                           "reach",
                                           "reach-wall",
                                           "shelf-place",
                                           "soccer",
                                           "stick-push",
                                           "stick-pull",
                                           "sweep-into",
                                           "sweep",
                                           "window-open",
                                           "window-close",
                                           "bin-picking",
                                           "box-close",
                                           "door-lock",
                                           "door-unlock",
                                           "hand-insert"};

}  // namespace

std::vector<TaskSpec> task_set(const std::string& name) {
  std::vector<TaskSpec> tasks;
  if (name != "mt30" && name != "mt80") return tasks;
  for (const auto& row : kMt30) {
    tasks.push_back({row.name, row.observation_dim, row.action_dim, kDmControlSteps});
  }
  if (name == "mt30") return tasks;
  for (const char* task : kMetaWorldTasks) {
    tasks.push_back({std::string(kMetaWorldPrefix) + task, kMetaWorldObservations,
                     kMetaWorldActions, kMetaWorldSteps});
  }
  return tasks;
}

std::string task_name_of(const std::string& env_id) {
  if (env_id.starts_with(kDmControl)) return env_id.substr(kDmControl.size());
  if (env_id.starts_with(kMetaWorld)) {
    return std::string(kMetaWorldPrefix) + env_id.substr(kMetaWorld.size());
  }
  return env_id;
}

std::string env_id_of(const std::string& task_name) {
  if (!known_task(task_name)) return task_name;
  if (!task_name.starts_with(kMetaWorldPrefix)) return std::string(kDmControl) + task_name;
  return std::string(kMetaWorld) + task_name.substr(kMetaWorldPrefix.size());
}

std::optional<TaskSpec> known_task(const std::string& task_name) {
  static const std::vector<TaskSpec> known = task_set("mt80");
  const auto found = std::ranges::find(known, task_name, &TaskSpec::name);
  return found == known.end() ? std::nullopt : std::optional<TaskSpec>(*found);
}

}  // namespace foresight
