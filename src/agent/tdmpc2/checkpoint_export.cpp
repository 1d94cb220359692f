#include "agent/tdmpc2/checkpoint_export.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "io/atomic_file.h"
#include "io/torch_file.h"

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

// The tensors of a model as float32, in order; the target is Q where there is none.
class Model {
 public:
  explicit Model(const SafetensorsFile& file) : file_name_(file.file_name()) {
    for (const std::string& name : file.names()) tensors_.emplace_back(name, floats(file.at(name)));
    if (!has("target_q.0.weight")) {
      const auto online = tensors_;
      for (const auto& [name, tensor] : online) {
        if (name.starts_with("q.")) tensors_.emplace_back("target_" + name, tensor);
      }
    }
    std::ranges::stable_sort(tensors_, {}, [](const auto& entry) { return place_of(entry.first); });
  }

  const std::vector<std::pair<std::string, TensorView>>& tensors() const { return tensors_; }
  const std::string& file_name() const { return file_name_; }
  bool has(const std::string& name) const { return find(name) != nullptr; }
  const TensorView& at(const std::string& name) const {
    const TensorView* tensor = find(name);
    if (tensor == nullptr) fail("{}: no model of TD-MPC2: it lacks \"{}\"", file_name_, name);
    return *tensor;
  }
  // Outputs of each layer of a network.
  std::vector<std::int64_t> outputs(const std::string& network) const {
    std::vector<std::int64_t> widths;
    for (int layer = 0; has(fmt::format("{}.{}.bias", network, layer)); ++layer) {
      widths.push_back(at(fmt::format("{}.{}.bias", network, layer)).shape.back());
    }
    return widths;
  }

 private:
  const TensorView* find(const std::string& name) const {
    const auto found = std::ranges::find(
        tensors_, name, [](const auto& entry) -> const auto& { return entry.first; });
    return found == tensors_.end() ? nullptr : &found->second;
  }

  TensorView floats(const TensorView& view) {
    if (view.dtype == DType::kF32) return view;
    const auto values = to_floats(view);
    const auto bytes = std::as_bytes(std::span(values));
    return {DType::kF32, view.shape, converted_.emplace_back(bytes.begin(), bytes.end())};
  }

  std::string file_name_;
  std::deque<std::vector<std::byte>> converted_;
  std::vector<std::pair<std::string, TensorView>> tensors_;
};

CheckpointLayout layout_of(const Model& model, const std::optional<CheckpointLayout>& wanted) {
  const bool is_hockey = model.has("policy_mean.0.weight");
  const auto encoder_last = std::max<std::ptrdiff_t>(std::ssize(model.outputs("encoder")) - 1, 0);
  const bool has_encoder_norm = model.has(fmt::format("encoder.{}.norm.weight", encoder_last));
  const bool sees_pixels = model.has("encoder.conv.0.weight");
  const bool has_end = model.has("termination.0.weight");
  const bool has_end_norm = model.has("termination.0.norm.weight");
  const bool is_pure = is_hockey ? !has_encoder_norm && !sees_pixels && !has_end_norm
                                 : (has_encoder_norm || sees_pixels) && has_end == has_end_norm;
  if (!is_pure) {
    fail(
        "{}: this model mixes forms of the official agent and of the hockey project (heads of the "
        "policy, LayerNorm of encoder and end predictor), so neither could read it; "
        "model.safetensors of its folder is a plain safetensors file of all its tensors",
        model.file_name());
  }
  const CheckpointLayout own = is_hockey ? CheckpointLayout::kHockey : CheckpointLayout::kOfficial;
  if (wanted && (*wanted == CheckpointLayout::kHockey) != is_hockey) {
    fail("{}: has the form of the {} layout, not of {}", model.file_name(), name_of(own),
         name_of(*wanted));
  }
  return wanted.value_or(own);
}

// A number of the card, or `otherwise`.
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

// Tensors under their names, members of ensembles apart where the layout keeps them so.
using Renamed = std::vector<std::pair<std::string, TensorView>>;

void add_renamed(Renamed& result, CheckpointLayout layout, const std::string& name,
                 const TensorView& tensor) {
  const bool is_ensemble = name.starts_with("q.") || name.starts_with("target_q.");
  if (!is_ensemble || !splits_ensemble(layout)) {
    result.emplace_back(their_name(layout, {name}), tensor);
    return;
  }
  TensorView member = tensor;
  member.shape.erase(member.shape.begin());
  const std::size_t num_bytes = tensor.bytes.size() / static_cast<std::size_t>(tensor.shape[0]);
  for (std::int64_t k = 0; k < tensor.shape[0]; ++k) {
    member.bytes = tensor.bytes.subspan(static_cast<std::size_t>(k) * num_bytes, num_bytes);
    result.emplace_back(their_name(layout, {name, k}), member);
  }
}

constexpr std::string_view kOnlineQ = "_Qs.params.";
constexpr std::string_view kDetachedQ = "_detach_Qs_params.";
constexpr std::string_view kTargetQ = "_target_Qs_params.";

// The bounds of the log-std, whole numbers in the reference.
struct Scalar {
  std::string name;
  std::int64_t whole = 0;
  float number = 0;
  bool is_whole = true;
  TensorView view() const {
    return is_whole ? TensorView{DType::kI64, {}, std::as_bytes(std::span(&whole, 1))}
                    : TensorView{DType::kF32, {}, std::as_bytes(std::span(&number, 1))};
  }
};

Scalar scalar_of(std::string name, double value) {
  return {std::move(name), std::llround(value), static_cast<float>(value),
          value == std::floor(value)};
}

std::vector<Scalar> scalars_of(CheckpointLayout layout, const Table& agent) {
  if (layout != CheckpointLayout::kOfficial) return {};
  const double low = number_at(agent, "model", "log_std_min", -10.0);
  const double high = number_at(agent, "model", "log_std_max", 2.0);
  return {scalar_of("log_std_min", low), scalar_of("log_std_dif", high - low)};
}

Renamed renamed(const Model& model, CheckpointLayout layout, const std::vector<Scalar>& scalars) {
  Renamed result;
  constexpr std::string_view kMasks = "action_masks";  // before the bounds, in the original's order
  for (const auto& [name, tensor] : model.tensors()) {
    if (name == kMasks) add_renamed(result, layout, name, tensor);
  }
  for (const Scalar& scalar : scalars) result.emplace_back(scalar.name, scalar.view());
  Renamed target;
  for (const auto& [name, tensor] : model.tensors()) {
    // A file of the hockey project holds no target ensemble.
    if (name == kMasks) continue;
    if (!name.starts_with("target_q.")) {
      add_renamed(result, layout, name, tensor);
    } else if (layout != CheckpointLayout::kHockey) {
      add_renamed(target, layout, name, tensor);
    }
  }
  if (layout == CheckpointLayout::kOfficial) {
    const Renamed online = result;
    for (const auto& [name, tensor] : online) {
      if (!name.starts_with(kOnlineQ)) continue;
      result.emplace_back(std::string(kDetachedQ) + name.substr(kOnlineQ.size()), tensor);
    }
  }
  result.insert(result.end(), target.begin(), target.end());
  return result;
}

// What a TensorDict leaves in a state_dict behind its tensors.
void add_tensordict_end(TorchWriter& writer, const std::string& prefix, std::int64_t num_q) {
  writer.add_text(prefix + "__batch_size");
  writer.add_size({num_q});
  writer.add_text(prefix + "__device");
  writer.add_none();
}

// `_Qs.params.0.weight` -> `_Qs.params.`; empty for what lies in no TensorDict.
std::string tensordict_of(const std::string& name) {
  for (const std::string_view prefix : {kOnlineQ, kDetachedQ, kTargetQ}) {
    if (name.starts_with(prefix)) return std::string(prefix);
  }
  return {};
}

void write_official(TorchWriter& writer, const Renamed& tensors, CheckpointLayout layout,
                    std::int64_t num_q) {
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  writer.add_text("model");
  writer.begin_dict(TorchWriter::DictKind::kOrdered);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    writer.add_text(tensors[i].first);
    writer.add_tensor(tensors[i].second);
    const std::string prefix = tensordict_of(tensors[i].first);
    const bool is_last = i + 1 == tensors.size() || !tensors[i + 1].first.starts_with(prefix);
    if (layout == CheckpointLayout::kOfficial && !prefix.empty() && is_last) {
      add_tensordict_end(writer, prefix, num_q);
    }
  }
  writer.end_dict();
  writer.end_dict();
}

// The state_dict of one network: every tensor whose name begins with `prefix`, which is cut off.
void write_network(TorchWriter& writer, const Renamed& tensors, const std::string& prefix) {
  writer.begin_dict(TorchWriter::DictKind::kOrdered);
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with(prefix)) continue;
    writer.add_text(name.substr(prefix.size()));
    writer.add_tensor(tensor);
  }
  writer.end_dict();
}

void write_hockey_numbers(TorchWriter& writer, const Model& model, const Table& agent) {
  const auto whole = [&](const char* key, std::int64_t number) {
    writer.add_text(key);
    writer.add_whole(number);
  };
  const auto from_card = [&](const char* key, const char* group, const char* ours, double otherwise,
                             bool is_whole) {
    const double value = number_at(agent, group, ours, otherwise);
    writer.add_text(key);
    if (is_whole) {
      writer.add_whole(std::llround(value));
    } else {
      writer.add_number(value);
    }
  };
  const std::int64_t num_bins = model.outputs("reward").back();
  writer.add_text("config");
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  from_card("gamma", "", "discount", 0.99, false);
  from_card("horizon", "planner", "horizon", 3, true);
  from_card("num_samples", "planner", "num_samples", 512, true);
  from_card("num_iterations", "planner", "iterations", 6, true);
  from_card("temperature", "planner", "inverse_temperature", 0.5, false);
  from_card("lambda_coef", "learner", "rho", 0.95, false);
  from_card("termination_coef", "learner", "termination_coef", 0.5, false);
  from_card("log_std_min", "model", "log_std_min", -10, false);
  from_card("log_std_max", "model", "log_std_max", 2, false);
  writer.end_dict();
  whole("obs_dim", model.at("encoder.0.weight").shape[1]);
  whole("action_dim", model.outputs("policy_mean").back());
  whole("latent_dim", model.outputs("dynamics").back());
  writer.add_text("hidden_dim");
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  for (const auto& [theirs, ours] : {std::pair{"encoder", "encoder"},
                                     {"dynamics", "dynamics"},
                                     {"reward", "reward"},
                                     {"termination", "termination"},
                                     {"q_function", "q"},
                                     {"policy", "policy"}}) {
    auto widths = model.outputs(ours);
    if (std::string_view(ours) != "policy" && !widths.empty()) widths.pop_back();
    writer.add_text(theirs);
    writer.add_list(widths);
  }
  writer.end_dict();
  whole("num_q", model.at("q.0.weight").shape[0]);
  whole("num_bins", num_bins);
  from_card("vmin", "model", "vmin", -10, false);
  from_card("vmax", "model", "vmax", 10, false);
}

void write_hockey(TorchWriter& writer, const Renamed& tensors, const Model& model,
                  const Table& agent) {
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  for (const char* network :
       {"encoder", "dynamics", "reward", "termination", "q_ensemble", "policy"}) {
    writer.add_text(network);
    write_network(writer, tensors, std::string(network) + ".");
  }
  write_hockey_numbers(writer, model, agent);
  std::int64_t num_opponents = 0;
  while (model.has(fmt::format("opponent{}.0.weight", num_opponents))) ++num_opponents;
  writer.add_text("opponent_simulation_enabled");
  writer.add_truth(num_opponents > 0);
  if (num_opponents > 0) {
    writer.add_text("opponent_cloning_networks");
    writer.begin_dict(TorchWriter::DictKind::kPlain);
    for (std::int64_t k = 0; k < num_opponents; ++k) {
      writer.add_whole(k);
      writer.begin_dict(TorchWriter::DictKind::kPlain);
      writer.add_text("network");
      write_network(writer, tensors, fmt::format("opponent{}.", k));
      writer.end_dict();
    }
    writer.end_dict();
  }
  writer.end_dict();
}

}  // namespace

CheckpointLayout export_checkpoint(const SafetensorsFile& file, const Table& agent,
                                   const ExportOptions& options,
                                   const std::filesystem::path& path) {
  const Model model(file);
  const CheckpointLayout layout = layout_of(model, options.layout);
  const auto scalars = scalars_of(layout, agent);
  const Renamed tensors = renamed(model, layout, scalars);
  if (options.format == CheckpointFormat::kSafetensors) {
    SafetensorsWriter writer;
    for (const auto& [name, tensor] : tensors) {
      writer.add_view(name, tensor.dtype, tensor.shape, tensor.bytes);
    }
    writer.write(path);
    return layout;
  }
  TorchWriter writer;
  if (layout == CheckpointLayout::kHockey) {
    write_hockey(writer, tensors, model, agent);
  } else {
    write_official(writer, tensors, layout, model.at("q.0.weight").shape[0]);
  }
  AtomicFile out(path);
  out.write(writer.finish(path.stem().string()));
  out.commit();
  return layout;
}

}  // namespace foresight
