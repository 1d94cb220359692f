#include "agent/actor_file.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::string_view kPrefix = "actor.";
constexpr std::string_view kSuffix = ".weight";

}  // namespace

bool is_actor_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return path.extension() == ".safetensors" && std::filesystem::is_regular_file(path, ignored);
}

std::vector<std::string> actor_layers(const SafetensorsFile& file) {
  std::vector<int> numbers;
  for (const std::string& name : file.names()) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const char* end = name.data() + name.size() - kSuffix.size();
    int number = 0;
    const auto [rest, problem] = std::from_chars(name.data() + kPrefix.size(), end, number);
    if (problem == std::errc() && rest == end) numbers.push_back(number);
  }
  if (numbers.empty()) {
    fail("{}: no policy here: expected tensors actor.0.weight, actor.0.bias, ...",
         file.file_name());
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::string> layers;
  for (const int number : numbers) layers.push_back(fmt::format("actor.{}", number));
  return layers;
}

ModelCard card_of_actor_file(const std::filesystem::path& path) {
  const auto file = SafetensorsFile::open(path);
  const auto layers = actor_layers(file);
  ValueList hidden;
  std::int64_t width = -1;
  for (const std::string& layer : layers) {
    const auto& shape = file.at(layer + ".weight").shape;
    if (shape.size() != 2 || shape[0] < 1 || (width >= 0 && shape[1] != width)) {
      fail("{}: {}.weight does not fit behind the layer before it", path.string(), layer);
    }
    width = shape[0];
    if (&layer != &layers.back()) hidden.push_back({width, path.string()});
  }
  if (hidden.empty()) fail("{}: a policy needs a hidden layer", path.string());
  Table learner;
  learner.set("hidden", {std::move(hidden), path.string()});
  ModelCard card{.name = path.stem().string(), .note = "the policy of " + path.string()};
  card.env.set("id", {std::string("hockey"), path.string()});
  card.agent.set("id", {std::string("sac"), path.string()});
  card.agent.set("learner", {std::move(learner), path.string()});
  return card;
}

}  // namespace foresight
