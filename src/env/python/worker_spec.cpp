#include "env/python/worker_spec.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace foresight {
namespace {

// More than any environment has, little enough to multiply.
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 24;
constexpr std::int64_t kMostActions = std::int64_t{1} << 16;
constexpr std::int64_t kMostPixels = 1 << 14;  // on a side
constexpr std::int64_t kMostImageBytes = std::int64_t{1} << 28;
constexpr std::int64_t kMostSteps = 1'000'000'000;
constexpr std::int64_t kMostNames = 4096;

std::int64_t integer(const nlohmann::json& value, std::string_view what, std::int64_t min,
                     std::int64_t max) {
  if (!value.is_number_integer()) fail("the worker says no whole number for {}", what);
  const auto number = value.get<std::int64_t>();
  const bool is_huge = value.is_number_unsigned() && number < 0;
  if (is_huge || number < min || number > max) {
    fail("the worker says {} for {}, expected {} to {}", value.dump(), what, min, max);
  }
  return number;
}

// "velocity" of 1, "velocity[0]", "velocity[1]" of more.
void add_names(std::vector<std::string>& names, const std::string& part, std::int64_t size) {
  if (size == 1) {
    names.push_back(part);
    return;
  }
  for (std::int64_t i = 0; i < size; ++i) names.push_back(fmt::format("{}[{}]", part, i));
}

void read_observation(const nlohmann::json& parts, EnvSpec& spec) {
  bool has_names = true;
  for (const auto& part : parts) {
    const auto name = part.at(0).get<std::string>();
    const auto size = integer(part.at(1), "observations", 0, kMostNumbers);
    spec.observation_dim += size;
    if (spec.observation_dim > kMostNumbers) fail("the worker has too many observations");
    has_names = has_names && !name.empty() && spec.observation_dim <= kMostNames;
    if (has_names) add_names(spec.observation_names, name, size);
  }
  if (!has_names) spec.observation_names.clear();
}

void read_image(const nlohmann::json& shape, EnvSpec& spec) {
  if (shape.is_null()) return;
  if (shape.size() != 4) fail("the worker's picture has {} axes, expected 4", shape.size());
  ImageShape image{.num_frames = integer(shape.at(0), "frames", 1, kMostPixels),
                   .channels = integer(shape.at(1), "channels", 1, kMostPixels),
                   .height = integer(shape.at(2), "height", 1, kMostPixels),
                   .width = integer(shape.at(3), "width", 1, kMostPixels)};
  if (image.num_bytes() > kMostImageBytes) fail("the worker's picture is too large");
  spec.image = image;
}

std::size_t aligned(std::size_t size) { return (size + 63) / 64 * 64; }

}  // namespace

EnvSpec parse_worker_spec(std::string_view text) {
  EnvSpec spec;
  spec.is_external = true;
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.contains("error")) fail("{}", json.at("error").get<std::string>());
    read_observation(json.at("observation"), spec);
    read_image(json.at("image"), spec);
    if (spec.observation_dim == 0 && !spec.image) fail("the worker observes nothing");
    spec.action_dim = integer(json.at("action_dim"), "actions", 1, kMostActions);
    spec.num_discrete_actions =
        integer(json.at("num_discrete_actions"), "discrete actions", 0, kMostActions);
    if (spec.num_discrete_actions != 0 && spec.num_discrete_actions != spec.action_dim) {
      fail("the worker has {} choices in {} actions", spec.num_discrete_actions, spec.action_dim);
    }
    spec.max_episode_steps = integer(json.at("max_episode_steps"), "an episode", 1, kMostSteps);
    spec.can_terminate = json.at("can_terminate").get<bool>();
    spec.reports_success = json.at("reports_success").get<bool>();
  } catch (const nlohmann::json::exception& problem) {
    fail("the worker's first message is not what was expected: {}", problem.what());
  }
  return spec;
}

WorkerLayout layout_of(const EnvSpec& spec) {
  WorkerLayout layout;
  layout.observation = WorkerLayout::kActions + aligned(spec.action_dim * sizeof(float));
  layout.image = layout.observation + aligned(spec.observation_dim * sizeof(float));
  layout.size = layout.image + aligned(spec.image ? spec.image->num_bytes() : 0);
  return layout;
}

std::string to_json(const WorkerLayout& layout) {
  return nlohmann::json{{"size", layout.size},
                        {"seed", WorkerLayout::kSeed},
                        {"result", WorkerLayout::kResult},
                        {"actions", WorkerLayout::kActions},
                        {"observation", layout.observation},
                        {"image", layout.image}}
      .dump();
}

}  // namespace foresight
