#include "env/python/worker.h"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/home.h"

namespace foresight {
namespace {

std::filesystem::path worker_script() {
  auto script = home_folder() / "python" / "foresight_worker.py";
  if (!std::filesystem::exists(script)) fail("there is no {}", script.string());
  return script;
}

nlohmann::json to_json(const ConfigValue& value);

nlohmann::json to_json(const Table& table) {
  auto json = nlohmann::json::object();
  for (const auto& [key, value] : table.values()) json[key] = to_json(value);
  return json;
}

nlohmann::json to_json(const ConfigValue& value) {
  return std::visit(
      [](const auto& data) -> nlohmann::json {
        using Data = std::decay_t<decltype(data)>;
        if constexpr (std::is_same_v<Data, Table>) {
          return to_json(data);
        } else if constexpr (std::is_same_v<Data, ValueList>) {
          auto list = nlohmann::json::array();
          for (const ConfigValue& item : data) list.push_back(to_json(item));
          return list;
        } else {
          return data;
        }
      },
      value.data);
}

std::string request_of(const PythonEnvConfig& config, const PythonTask& task) {
  return nlohmann::json{{"suite", task.suite->name},
                        {"task", task.task},
                        {"python_path", config.python_path},
                        {"options",
                         {{"arguments", to_json(config.arguments)},
                          {"action_repeat", config.action_repeat},
                          {"max_episode_steps", config.max_episode_steps},
                          {"terminates", config.terminates},
                          {"observation_keys", config.observation_keys},
                          {"frame_stack", config.frame_stack},
                          {"images", config.images},
                          {"pixels", config.pixels},
                          {"image_size", config.image_size}}}}
      .dump();
}

}  // namespace

Worker::Worker(const PythonEnvConfig& config)
    : config_(config), process_(python_of(config, *python_task(config).suite), worker_script()) {
  const PythonTask task = python_task(config);
  spec_.id = task.full_id();
  process_.send(request_of(config, task));
}

EnvSpec Worker::connect() {
  std::string id = std::move(spec_.id);
  const auto greeting = process_.receive(config_.start_timeout_s);
  try {
    spec_ = parse_worker_spec(greeting);
  } catch (const Error& problem) {
    fail("env {}: {}", id, problem.what());
  }
  spec_.id = std::move(id);
  layout_ = layout_of(spec_);
  process_.share_memory(layout_.size);
  process_.send(to_json(layout_));
  wait();
  return spec_;
}

void Worker::reset(std::uint64_t seed) {
  std::memcpy(process_.memory() + WorkerLayout::kSeed, &seed, sizeof seed);
  process_.send("r");
  wait();
  check_finite();
}

void Worker::start_step(std::span<const float> actions) {
  std::memcpy(process_.memory() + WorkerLayout::kActions, actions.data(), actions.size_bytes());
  process_.send("s");
}

StepResult Worker::finish_step() {
  wait();
  WorkerResult result;
  const std::byte* memory = process_.memory() + WorkerLayout::kResult;
  std::memcpy(&result.reward, memory, sizeof result.reward);
  std::memcpy(&result.terminated, memory + 8, 1);
  std::memcpy(&result.truncated, memory + 9, 1);
  std::memcpy(&result.success, memory + 10, 1);
  if (!std::isfinite(result.reward)) {
    throw WorkerFault(fmt::format("gave a reward of {}", result.reward));
  }
  check_finite();
  StepResult step{.reward = static_cast<float>(result.reward)};
  step.terminated = result.terminated != 0;
  step.truncated = result.truncated != 0 && !step.terminated;
  if (step.over() && result.success >= 0) {
    step.outcome = result.success != 0 ? Outcome::kWin : Outcome::kLoss;
  }
  return step;
}

// "." is good; "e" and a text is what the environment raised.
void Worker::wait() {
  const auto answer = process_.receive(config_.step_timeout_s);
  if (answer == ".") return;
  if (answer.starts_with("e")) throw WorkerFault(fmt::format("raised {}", answer.substr(1)));
  throw WorkerFault(fmt::format("sent {} bytes that mean nothing", answer.size()));
}

void Worker::check_finite() const {
  const auto numbers = observation();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (std::isfinite(numbers[i])) continue;
    const auto& names = spec_.observation_names;
    throw WorkerFault(fmt::format("gave {} for observation {}{}", numbers[i], i,
                                  i < names.size() ? " (" + names[i] + ")" : ""));
  }
}

std::span<const float> Worker::observation() const {
  const auto* begin = reinterpret_cast<const float*>(process_.memory() + layout_.observation);
  return {begin, static_cast<std::size_t>(spec_.observation_dim)};
}

std::span<const std::uint8_t> Worker::image() const {
  if (!spec_.image) return {};
  const auto* begin = reinterpret_cast<const std::uint8_t*>(process_.memory() + layout_.image);
  return {begin, static_cast<std::size_t>(spec_.image->num_bytes())};
}

}  // namespace foresight
