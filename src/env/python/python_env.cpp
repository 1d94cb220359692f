#include "env/python/python_env.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "env/python/worker.h"

namespace foresight {

PythonEnv::PythonEnv(const Config& config)
    : config_(config), worker_(std::make_unique<Worker>(config)) {}

PythonEnv::~PythonEnv() = default;

const EnvSpec& PythonEnv::spec() const {
  // A worker takes a second to start: it is waited for when somebody needs it. Nothing that a
  // caller could have seen changes.
  if (!spec_) const_cast<PythonEnv*>(this)->connect();
  return *spec_;
}

void PythonEnv::connect() {
  while (!is_connected_) {
    try {
      if (!worker_) worker_ = std::make_unique<Worker>(config_);
      const EnvSpec spec = worker_->connect();
      if (!spec_) {
        spec_ = spec;
        blank_.resize(spec.observation_dim);
        if (spec.image) blank_image_.resize(spec.image->num_bytes());
      }
      if (spec.observation_dim != spec_->observation_dim || spec.action_dim != spec_->action_dim ||
          spec.image != spec_->image) {
        fail("env {}: started anew, it has other observations or actions than before", spec.id);
      }
      is_connected_ = true;
    } catch (const WorkerFault& fault) {
      note_fault("at its start", fault.what());
    }
  }
}

void PythonEnv::reset(std::uint64_t seed) {
  for (;;) {
    connect();
    try {
      // Its answer would be taken for that to the reset.
      if (std::exchange(is_step_started_, false)) worker_->finish_step();
      worker_->reset(seed);
      num_steps_ = 0;
      is_over_ = false;
      return;
    } catch (const WorkerFault& fault) {
      note_fault("at a reset", fault.what());
    }
  }
}

void PythonEnv::check(std::span<const float> actions) const {
  FS_CHECK(!is_over_, "the episode is over: reset first");
  FS_CHECK(std::ssize(actions) == spec_->action_dim, "{} actions where {} are needed",
           actions.size(), spec_->action_dim);
  for (const float action : actions) FS_CHECK(std::isfinite(action), "an action of {}", action);
}

void PythonEnv::start_step(std::span<const float> actions) {
  check(actions);
  FS_CHECK(!is_step_started_, "a step was started already");
  worker_->start_step(actions);
  is_step_started_ = true;
}

StepResult PythonEnv::step(std::span<const float> actions) {
  if (!is_step_started_) start_step(actions);
  is_step_started_ = false;
  try {
    const StepResult result = worker_->finish_step();
    ++num_steps_;
    is_over_ = result.over();
    if (is_over_) deaths_in_a_row_ = 0;
    return result;
  } catch (const WorkerFault& fault) {
    is_over_ = true;
    note_fault(fmt::format("step {} of an episode", num_steps_ + 1), fault.what());
    return {.broken = true};
  }
}

void PythonEnv::note_fault(const std::string& where, const std::string& problem) {
  const std::string printed = worker_->last_lines();
  EnvFault fault{.text = fmt::format(
                     "{}, {}: the worker {}; {}{}", python_task(config_).full_id(), where, problem,
                     printed.empty() ? "it printed nothing" : "its last lines:\n", printed),
                 .dropped_steps = num_steps_};
  worker_.reset();
  is_connected_ = false;
  num_steps_ = 0;
  if (++deaths_in_a_row_ >= config_.deaths_in_a_row) {
    fail("env {}\n  {} unfinished episodes in a row were lost like this (env.deaths_in_a_row)",
         fault.text, deaths_in_a_row_);
  }
  faults_.push_back(std::move(fault));
}

std::span<const float> PythonEnv::observation(int /*player*/) const {
  return is_connected_ ? worker_->observation() : std::span<const float>(blank_);
}

std::span<const std::uint8_t> PythonEnv::image() const {
  return is_connected_ ? worker_->image() : std::span<const std::uint8_t>(blank_image_);
}

std::vector<EnvFault> PythonEnv::take_faults() {
  return std::exchange(faults_, std::vector<EnvFault>{});
}

namespace {

// One name a suite, and the ids beyond it that the suite makes.
bool register_suites() {
  for (const PythonSuite& suite : python_suites()) {
    PythonEnvConfig defaults;
    defaults.id = suite.name;
    EnvEntry entry = env_entry<PythonEnv>(suite.help);
    entry.commented_defaults = [defaults]() mutable { return to_commented_toml(defaults); };
    entry.accepts = [&suite](const std::string& id) { return is_python_env_id(suite, id); };
    entry.is_external = true;
    EnvRegistry::instance().add(suite.name, std::move(entry));
  }
  return true;
}

[[maybe_unused]] const bool foresight_registered_PythonEnv = register_suites();

}  // namespace
}  // namespace foresight
