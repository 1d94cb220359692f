// What a user can say of an environment that runs in Python, and where its interpreter lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/table.h"

namespace foresight {

struct PythonEnvConfig {
  std::string id = "gymnasium";
  std::string task;
  std::string python;
  std::string python_path;
  Table arguments;
  std::int64_t action_repeat = 0;
  std::int64_t max_episode_steps = 0;
  bool terminates = true;
  std::string observation_keys;
  std::int64_t frame_stack = 1;
  std::string images = "bytes";
  bool pixels = false;
  std::int64_t image_size = 64;
  double step_timeout_s = 60.0;
  double start_timeout_s = 300.0;
  std::int64_t deaths_in_a_row = 3;

  void visit(FieldVisitor& v);
};

// A suite is a module of python/foresight_env/suites.
struct PythonSuite {
  std::string name;
  std::string help;
  std::string venv;  // folder below envs_folder() that ./foresight env install makes
  std::string default_task;
};
const std::vector<PythonSuite>& python_suites();

// An id taken apart: "metaworld/reach", "Pendulum-v1", "my_module:MyEnv", or a suite's name.
struct PythonTask {
  const PythonSuite* suite = nullptr;
  std::string task;
  // The id that alone names suite and task.
  std::string full_id() const;
};

// Whether `id` names something that a suite makes, beyond the suites' own names.
bool is_python_env_id(const PythonSuite& suite, const std::string& id);
// Error: no such suite, no task, or two.
PythonTask python_task(const PythonEnvConfig& config);

// FORESIGHT_ENVS if set, else .deps/envs of the checkout.
std::filesystem::path envs_folder();
std::filesystem::path venv_python(const std::string& venv);
// The interpreter that the config wants. Error: it is not there, and how to install it.
std::filesystem::path python_of(const PythonEnvConfig& config, const PythonSuite& suite);

}  // namespace foresight
