#include "agent/tdmpc2/exported_model.h"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <tuple>

#include "base/error.h"

namespace foresight {
namespace {

// In the order of the official state_dict; what is not listed comes last.
constexpr std::string_view kNetworks[] = {
    "action_masks", "task_embedding", "encoder",        "dynamics", "reward",  "termination",
    "policy",       "policy_mean",    "policy_log_std", "q",        "target_q"};
constexpr std::string_view kLeaves[] = {"weight", "bias", "norm.weight", "norm.bias"};

// `q.10.norm.bias` -> the places of q, 10 and norm.bias.
std::tuple<std::ptrdiff_t, std::string, int, std::ptrdiff_t> place_of(const std::string& name) {
  const std::string network = name.substr(0, name.find('.'));
  const auto digits = name.find_first_of("0123456789", network.size());
  const int layer = digits == std::string::npos ? 0 : std::atoi(name.c_str() + digits);
  std::ptrdiff_t leaf = 0;
  for (std::ptrdiff_t i = 0; i < std::ssize(kLeaves); ++i) {
    if (name.ends_with(fmt::format(".{}", kLeaves[i]))) leaf = i;
  }
  return {std::ranges::find(kNetworks, network) - std::begin(kNetworks), network, layer, leaf};
}

}  // namespace

ExportedModel::ExportedModel(const SafetensorsFile& file) : file_name_(file.file_name()) {
  for (const std::string& name : file.names()) tensors_.emplace_back(name, floats(file.at(name)));
  if (!has("target_q.0.weight")) {
    const auto online = tensors_;
    for (const auto& [name, tensor] : online) {
      if (name.starts_with("q.")) tensors_.emplace_back("target_" + name, tensor);
    }
  }
  std::ranges::stable_sort(tensors_, {}, [](const auto& entry) { return place_of(entry.first); });
}

const TensorView& ExportedModel::at(const std::string& name) const {
  const TensorView* tensor = find(name);
  if (tensor == nullptr) fail("{}: no model of TD-MPC2: it lacks \"{}\"", file_name_, name);
  return *tensor;
}

std::vector<std::int64_t> ExportedModel::outputs(const std::string& network) const {
  std::vector<std::int64_t> widths;
  for (int layer = 0; has(fmt::format("{}.{}.bias", network, layer)); ++layer) {
    widths.push_back(at(fmt::format("{}.{}.bias", network, layer)).shape.back());
  }
  return widths;
}

const TensorView* ExportedModel::find(const std::string& name) const {
  const auto found = std::ranges::find(
      tensors_, name, [](const auto& entry) -> const auto& { return entry.first; });
  return found == tensors_.end() ? nullptr : &found->second;
}

TensorView ExportedModel::floats(const TensorView& view) {
  if (view.dtype == DType::kF32) return view;
  const auto values = to_floats(view);
  const auto bytes = std::as_bytes(std::span(values));
  return {DType::kF32, view.shape, converted_.emplace_back(bytes.begin(), bytes.end())};
}

double number_at(const Table& agent, std::string_view group, std::string_view key,
                 double otherwise) {
  const Table* table = &agent;
  if (!group.empty()) {
    const ConfigValue* inner = agent.find(group);
    table = inner == nullptr ? nullptr : std::get_if<Table>(&inner->data);
  }
  const ConfigValue* value = table == nullptr ? nullptr : table->find(key);
  if (value == nullptr) return otherwise;
  if (const auto* whole = std::get_if<std::int64_t>(&value->data)) {
    return static_cast<double>(*whole);
  }
  const auto* number = std::get_if<double>(&value->data);
  return number == nullptr ? otherwise : *number;
}

}  // namespace foresight
