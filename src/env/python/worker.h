// One environment in a worker process: python/foresight_worker.py in the virtual environment of its
// suite. Whatever goes wrong with it is a WorkerFault, after which it is of no more use.
// Axes: O observation, A action.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "env/env.h"
#include "env/python/python_env_config.h"
#include "env/python/worker_process.h"
#include "env/python/worker_spec.h"

namespace foresight {

class Worker {
 public:
  // Starts the process and tells it what to be; does not wait. Error: it is not installed.
  explicit Worker(const PythonEnvConfig& config);

  // Waits until the environment is made; id and is_external are filled in. Error: it cannot be made
  // (no such task, ...), in the environment's own words.
  EnvSpec connect();

  void reset(std::uint64_t seed);
  // actions [A]. finish_step() waits for what it led to.
  void start_step(std::span<const float> actions);
  StepResult finish_step();

  // In the shared memory; they change with the next step or reset.
  std::span<const float> observation() const;  // [O]
  std::span<const std::uint8_t> image() const;

  pid_t pid() const { return process_.pid(); }
  std::string last_lines() { return process_.last_lines(); }

 private:
  void wait();
  void check_finite() const;

  PythonEnvConfig config_;
  WorkerProcess process_;
  EnvSpec spec_;
  WorkerLayout layout_;
};

}  // namespace foresight
