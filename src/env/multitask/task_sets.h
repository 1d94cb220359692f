// The tasks that one TD-MPC2 model learns together, in the order of their numbers.
// Reference: nicklashansen/tdmpc2@e9f5932, common/__init__.py, TASK_SET; sizes measured with
// dm_control 1.0.16 and Meta-World.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "env/env_spec.h"

namespace foresight {

// "mt30": 30 tasks of DMControl; "mt80": these and 50 of Meta-World. Empty for any other name.
std::vector<TaskSpec> task_set(const std::string& name);

// A task's name in sets, data and models: "dmcontrol/walker-walk" is walker-walk, and
// "metaworld/assembly" mw-assembly; every other environment has its id.
std::string task_name_of(const std::string& env_id);
// The environment that plays a task: the way back.
std::string env_id_of(const std::string& task_name);

// Sizes of a task that are known without making its environment.
std::optional<TaskSpec> known_task(const std::string& task_name);

}  // namespace foresight
