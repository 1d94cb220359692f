#include "env/python/python_env_config.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/home.h"

namespace foresight {

namespace fs = std::filesystem;

void PythonEnvConfig::visit(FieldVisitor& v) {
  v.field("id", id, {}, "a suite, \"suite/task\", a Gymnasium id, or \"module:Class\"");
  v.field("task", task, {}, "of the suite; empty: the one in the id, or the suite's first");
  v.field("python", python, {},
          "interpreter, or the name of an installed suite whose interpreter to use; empty: the "
          "suite's own");
  v.field("python_path", python_path, {}, "folders to find modules in, with colons between");
  v.field("arguments", arguments, "handed to the environment when it is made");
  v.field("action_repeat", action_repeat, {0, 1000},
          "times that an action is played, rewards added up; 0: as the suite has it");
  v.field("max_episode_steps", max_episode_steps, {0, 1e9},
          "steps of the agent until the clock cuts an episode; 0: as the suite has it");
  v.field("terminates", terminates, "false: what would be a terminal state only cuts the episode");
  v.field("observation_keys", observation_keys, {},
          "parts of the observation to keep, in this order, with commas between; empty: all");
  v.field("frame_stack", frame_stack, {1, 64}, "so many of the last observations together");
  v.field("images", images, {"bytes", "floats"},
          "pictures apart for agents that see, or among the numbers, divided by 255");
  v.field("pixels", pixels, "observe what the environment draws, instead of its numbers");
  v.field("image_size", image_size, {8, 1024}, "pixels on a side of such a picture");
  v.field("step_timeout_s", step_timeout_s, {0.001, 1e6}, "seconds until a step or reset hangs");
  v.field("start_timeout_s", start_timeout_s, {0.001, 1e6}, "seconds until a worker's start hangs");
  v.field("deaths_in_a_row", deaths_in_a_row, {1, 1e6},
          "unfinished episodes in a row, lost to a worker's failure, that stop the run");
}

const std::vector<PythonSuite>& python_suites() {
  static const std::vector<PythonSuite> suites{
      {"gymnasium", "any Gymnasium id such as Pendulum-v1, in a Python worker", "gymnasium",
       "Pendulum-v1"},
      {"metaworld", "the 50 tasks of Meta-World v3, in a Python worker", "metaworld", "reach"},
      {"myosuite", "the ten hand tasks of MyoSuite, in a Python worker", "myosuite", "myo-reach"},
      {"maniskill2", "three tasks of ManiSkill2, in a Python worker", "maniskill2", "lift-cube"},
      {"atari", "Atari games of the ALE, in a Python worker", "atari", "pong"},
      {"dmcontrol-python", "the DMControl suite itself, in a Python worker", "dmcontrol",
       "walker-walk"},
      {"python", "a class of yours, module:Class, in a Python worker", "gymnasium", ""},
  };
  return suites;
}

namespace {

// Name-v0: letters, digits, _ - . : / and a version at the end.
bool is_gymnasium_id(const std::string& id) {
  const auto dash = id.rfind("-v");
  if (dash == std::string::npos || dash == 0 || dash + 2 == id.size()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::all_of(id.begin() + static_cast<std::ptrdiff_t>(dash) + 2, id.end(), is_digit);
}

bool is_class_id(const std::string& id) {
  const auto colon = id.find(':');
  return colon != std::string::npos && colon > 0 && colon + 1 < id.size() && !is_gymnasium_id(id);
}

// The suite whose name stands before the first slash, or null.
const PythonSuite* suite_before_slash(const std::string& id) {
  const auto slash = id.find('/');
  if (slash == std::string::npos || slash + 1 == id.size()) return nullptr;
  const auto found = std::ranges::find(python_suites(), id.substr(0, slash), &PythonSuite::name);
  return found == python_suites().end() ? nullptr : &*found;
}

}  // namespace

bool is_python_env_id(const PythonSuite& suite, const std::string& id) {
  if (const PythonSuite* named = suite_before_slash(id)) return named->name == suite.name;
  if (suite.name == "gymnasium") return is_gymnasium_id(id);
  return suite.name == "python" && is_class_id(id);
}

std::string PythonTask::full_id() const {
  const bool is_plain = suite->name == "gymnasium" || suite->name == "python";
  return is_plain ? task : suite->name + "/" + task;
}

PythonTask python_task(const PythonEnvConfig& config) {
  PythonTask result;
  std::string named;
  for (const PythonSuite& suite : python_suites()) {
    if (config.id == suite.name) {
      result.suite = &suite;
    } else if (is_python_env_id(suite, config.id)) {
      result.suite = &suite;
      const bool has_prefix = suite_before_slash(config.id) != nullptr;
      named = has_prefix ? config.id.substr(suite.name.size() + 1) : config.id;
    }
  }
  FS_CHECK(result.suite != nullptr, "{} is no id of a Python environment", config.id);
  if (!named.empty() && !config.task.empty() && named != config.task) {
    fail("env.id = \"{}\" names the task already, but env.task is \"{}\": leave one of them out",
         config.id, config.task);
  }
  result.task = !named.empty() ? named : config.task;
  if (result.task.empty()) result.task = result.suite->default_task;
  if (result.task.empty()) {
    fail("env.id = \"{}\" needs env.task = \"module:Class\"", config.id);
  }
  return result;
}

fs::path envs_folder() {
  const char* folder = std::getenv("FORESIGHT_ENVS");
  return folder != nullptr && *folder != '\0' ? fs::path(folder) : home_folder() / ".deps" / "envs";
}

fs::path venv_python(const std::string& venv) { return envs_folder() / venv / "bin" / "python"; }

fs::path python_of(const PythonEnvConfig& config, const PythonSuite& suite) {
  const bool is_path = config.python.find('/') != std::string::npos;
  const std::string venv = config.python.empty() ? suite.venv : config.python;
  const fs::path python = is_path ? fs::path(config.python) : venv_python(venv);
  if (fs::exists(python)) return python;
  if (is_path) fail("env.python: there is no {}", python.string());
  std::string known;
  for (const PythonSuite& each : python_suites()) {
    if (each.venv == venv) {
      fail("{} is not installed (no {}): run ./foresight env install {}", venv, python.string(),
           venv);
    }
    known += (known.empty() ? "" : ", ") + each.venv;
  }
  fail("env.python = \"{}\": expected a path with a slash, or one of {}", config.python, known);
}

}  // namespace foresight
