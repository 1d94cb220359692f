#include "agent/tdmpc2/checkpoint_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/registry.h"

namespace foresight {
namespace {

constexpr int kDeepest = 8;  // dictionaries within each other
constexpr std::size_t kMostTensors = 200'000;
constexpr std::int64_t kWidest = 1 << 20;  // of a layer: products of two stay far from overflow

std::string key_text(const PickleValue& key) {
  if (const auto* text = key.as<std::string>()) return *text;
  if (const auto* number = key.as<std::int64_t>()) return std::to_string(*number);
  return {};
}

// torch.compile puts this in front of a module's own names.
std::string without_compiled_prefix(std::string name) {
  constexpr std::string_view kPrefix = "_orig_mod.";
  for (auto at = name.find(kPrefix); at != std::string::npos; at = name.find(kPrefix)) {
    name.erase(at, kPrefix.size());
  }
  return name;
}

// Every tensor in dictionaries of dictionaries, its keys joined by dots.
void collect(const PickleValue& value, const std::string& prefix, int depth,
             std::map<std::string, const PickledTensor*>& found, std::size_t& num_visited,
             const std::string& file) {
  const auto* dict = value.as<PickleValue::Dict>();
  if (dict == nullptr || depth > kDeepest) return;
  for (const auto& [key, entry] : *dict) {
    if (++num_visited > kMostTensors) fail("{}: more than {} entries", file, kMostTensors);
    const std::string name = prefix + key_text(*key);
    if (const auto* tensor = entry->as<PickledTensor>()) {
      found[without_compiled_prefix(name)] = tensor;
    } else {
      collect(*entry, name + ".", depth + 1, found, num_visited, file);
    }
  }
}

template <typename Names>
CheckpointLayout layout_of(const Names& names) {
  const auto any = [&](auto is_one) { return std::any_of(names.begin(), names.end(), is_one); };
  if (any([](const auto& name) { return name.starts_with("encoder."); })) {
    return CheckpointLayout::kHockey;
  }
  if (any([](const auto& name) { return name == "_Qs.params.0"; })) {
    return CheckpointLayout::kOfficialOld;
  }
  return CheckpointLayout::kOfficial;
}

// Scalars of the official layout: what bounds the policy's log-std.
bool is_bound(const std::string& name) { return name == "log_std_min" || name == "log_std_dif"; }

bool is_wanted(CheckpointLayout layout, const std::string& theirs, const std::string& file) {
  const auto ours = our_name(layout, theirs);
  if (!ours) {
    fail("{}: tensor \"{}\" is none of a TD-MPC2 model ({} layout)", file, theirs, name_of(layout));
  }
  return !ours->name.empty();
}

}  // namespace

CheckpointFile CheckpointFile::open(const std::filesystem::path& path) {
  return path.extension() == ".safetensors" ? from(SafetensorsFile::open(path))
                                            : from(TorchFile::open(path));
}

CheckpointFile CheckpointFile::from(TorchFile file) {
  CheckpointFile result;
  result.file_name_ = file.file_name();
  result.read_pickle(result.source_.emplace<TorchFile>(std::move(file)));
  result.stack_members();
  result.infer_sizes();
  return result;
}

CheckpointFile CheckpointFile::from(SafetensorsFile file) {
  CheckpointFile result;
  result.file_name_ = file.file_name();
  const auto& source = result.source_.emplace<SafetensorsFile>(std::move(file));
  const auto names = source.names();
  result.layout_ = layout_of(names);
  for (const std::string& name : names) {
    if (is_bound(name) || is_wanted(result.layout_, name, result.file_name_)) {
      result.take(name, source.at(name));
    }
  }
  result.stack_members();
  result.infer_sizes();
  return result;
}

void CheckpointFile::read_pickle(TorchFile& file) {
  const PickleValue* root = &file.root();
  if (const auto* model = root->find("model")) root = model;
  NamedPickles pickles;
  std::size_t num_visited = 0;
  collect(*root, "", 0, pickles, num_visited, file_name_);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : pickles) names.push_back(name);
  layout_ = layout_of(names);
  for (const auto& [name, tensor] : pickles) {
    if (is_bound(name) || is_wanted(layout_, name, file_name_)) take(name, file.view(*tensor));
  }
  if (layout_ == CheckpointLayout::kHockey) read_numbers(*root);
}

void CheckpointFile::read_numbers(const PickleValue& root) {
  for (const PickleValue* source : {&root, root.find("config")}) {
    const auto* dict = source == nullptr ? nullptr : source->as<PickleValue::Dict>();
    if (dict == nullptr) continue;
    for (const auto& [key, value] : *dict) {
      const auto* text = key->as<std::string>();
      if (text == nullptr) continue;
      const auto* whole = value->as<std::int64_t>();
      const auto* number = value->as<double>();
      if (whole != nullptr) numbers_[*text] = static_cast<double>(*whole);
      if (number != nullptr && std::isfinite(*number)) numbers_[*text] = *number;
    }
  }
  if (number("simnorm_temperature", 1.0) != 1.0) {
    fail("{}: simnorm_temperature is {}, only 1 can be imported", file_name_,
         number("simnorm_temperature", 1.0));
  }
}

// Numbers of another floating type become float32.
void CheckpointFile::take(const std::string& theirs, const TensorView& view) {
  const bool is_floating = view.dtype == DType::kF32 || view.dtype == DType::kF16 ||
                           view.dtype == DType::kBf16 || view.dtype == DType::kF64;
  if (is_bound(theirs) && view.num_elements() == 1) {
    numbers_[theirs] =
        is_floating ? to_floats(view).front() : static_cast<double>(to_integers(view).front());
    return;
  }
  TensorView floats = view;
  if (view.dtype != DType::kF32) {
    if (!is_floating) {
      fail("{}: tensor \"{}\": expected floating numbers, found {}", file_name_, theirs,
           dtype_name(view.dtype));
    }
    const auto values = to_floats(view);
    const auto bytes = std::as_bytes(std::span(values));
    floats.dtype = DType::kF32;
    floats.bytes = stacked_.emplace_back(bytes.begin(), bytes.end());
  }
  const auto ours = our_name(layout_, theirs);
  if (ours->member < 0) {
    tensors_[ours->name] = floats;
  } else {
    members_[ours->name][ours->member] = floats;
  }
}

void CheckpointFile::stack_members() {
  for (const auto& [name, members] : members_) {
    TensorView stack = members.begin()->second;
    const std::int64_t count = std::ssize(members);
    auto& bytes = stacked_.emplace_back();
    for (const auto& [number, member] : members) {
      if (member.shape != stack.shape) {
        fail("{}: members of \"{}\" differ in shape: [{}] and [{}]", file_name_, name,
             fmt::join(stack.shape, ", "), fmt::join(member.shape, ", "));
      }
      bytes.insert(bytes.end(), member.bytes.begin(), member.bytes.end());
    }
    if (members.rbegin()->first != count - 1) {
      fail("{}: of \"{}\" there are {} members, the last of which is number {}", file_name_, name,
           count, members.rbegin()->first);
    }
    stack.shape.insert(stack.shape.begin(), count);
    stack.bytes = bytes;
    tensors_[name] = stack;
  }
  members_.clear();
}

const TensorView& CheckpointFile::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    fail(
        "{}: not a TD-MPC2 checkpoint that is known here: it lacks what would be \"{}\" ({} "
        "layout, {} tensors)",
        file_name_, name, name_of(layout_), tensors_.size());
  }
  return found->second;
}

double CheckpointFile::number(const std::string& key, double otherwise) const {
  const auto found = numbers_.find(key);
  return found == numbers_.end() ? otherwise : found->second;
}

// Inputs of the network's first layer, then the outputs of each.
std::vector<std::int64_t> CheckpointFile::widths(const std::string& network) const {
  std::vector<std::int64_t> result;
  for (int layer = 0; layer == 0 || has(fmt::format("{}.{}.weight", network, layer)); ++layer) {
    const std::string name = fmt::format("{}.{}.weight", network, layer);
    const auto& shape = at(name).shape;
    const bool is_ensemble = network == "q" || network == "target_q";
    const bool is_sized =
        shape.size() == (is_ensemble ? 3 : 2) &&
        std::ranges::all_of(shape, [](std::int64_t size) { return size > 0 && size <= kWidest; });
    if (!is_sized || (!result.empty() && shape[shape.size() - 1] != result.back())) {
      fail("{}: \"{}\" of the shape [{}] does not fit behind the layer before it", file_name_, name,
           fmt::join(shape, ", "));
    }
    if (result.empty()) result.push_back(shape[shape.size() - 1]);
    result.push_back(shape[shape.size() - 2]);
  }
  return result;
}

void CheckpointFile::infer_sizes() {
  latent_dim_ = widths("dynamics").back();
  action_dim_ =
      has("policy_mean.0.weight") ? widths("policy_mean").back() : widths("policy").back() / 2;
  while (has(fmt::format("opponent{}.0.weight", num_opponents_))) ++num_opponents_;
  if (has("task_embedding.weight")) {
    const auto& shape = at("task_embedding.weight").shape;
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1 || shape[1] > kWidest) {
      fail("{}: task embeddings of the shape [{}]", file_name_, fmt::join(shape, ", "));
    }
    num_tasks_ = shape[0];
    task_dim_ = shape[1];
  }
  sees_pixels_ = has("encoder.conv.0.weight");
  if (!sees_pixels_) observation_dim_ = widths("encoder").front() - task_dim_;
  const std::int64_t dynamics_in =
      latent_dim_ + task_dim_ + action_dim_ * (num_opponents_ > 0 ? 2 : 1);
  if (widths("dynamics").front() != dynamics_in || (observation_dim_ < 1 && !sees_pixels_)) {
    fail(
        "{}: the dynamics read {} numbers; a latent state of {}, a task of {} and actions of {} "
        "are {}",
        file_name_, widths("dynamics").front(), latent_dim_, task_dim_, action_dim_, dynamics_in);
  }
}

namespace {

void put(Table& table, const std::string& key, ConfigValue::Data value) {
  table.set(key, {std::move(value), "the checkpoint"});
}

// The hidden layers of widths(): neither the inputs nor the last outputs.
ConfigValue::Data hidden_of(const std::vector<std::int64_t>& widths, bool is_trunk) {
  ValueList list;
  const std::size_t end = is_trunk ? widths.size() : widths.size() - 1;
  for (std::size_t i = 1; i < end; ++i) list.push_back({widths[i], "the checkpoint"});
  return list;
}

}  // namespace

Table CheckpointFile::model_section() const {
  const bool is_hockey = layout_ == CheckpointLayout::kHockey;
  const bool has_heads = has("policy_mean.0.weight");
  Table model;
  put(model, "latent_dim", latent_dim_);
  put(model, "simnorm_dim", is_hockey ? std::min<std::int64_t>(8, latent_dim_) : std::int64_t{8});
  if (!sees_pixels_) {
    const auto encoder = widths("encoder");
    put(model, "encoder_hidden", hidden_of(encoder, false));
    put(model, "encoder_norm", has(fmt::format("encoder.{}.norm.weight", encoder.size() - 2)));
  }
  put(model, "dynamics_hidden", hidden_of(widths("dynamics"), false));
  put(model, "reward_hidden", hidden_of(widths("reward"), false));
  put(model, "policy_hidden", hidden_of(widths("policy"), has_heads));
  put(model, "q_hidden", hidden_of(widths("q"), false));
  put(model, "num_q", at("q.0.weight").shape[0]);
  if (task_dim_ > 0) put(model, "task_dim", task_dim_);
  put(model, "num_bins", widths("reward").back());
  put(model, "vmin", number("vmin", -10.0));
  put(model, "vmax", number("vmax", 10.0));
  put(model, "policy_heads", std::string(has_heads ? "separate" : "joint"));
  const double log_std_min = number("log_std_min", -10.0);
  put(model, "log_std_min", log_std_min);
  put(model, "log_std_max",
      is_hockey ? number("log_std_max", 2.0) : log_std_min + number("log_std_dif", 12.0));
  put(model, "dropout_place", std::string(is_hockey ? "after_norm" : "before_norm"));
  if (has("termination.0.weight")) {
    const auto termination = widths("termination");
    put(model, "termination",
        std::string(termination.front() == latent_dim_ + task_dim_ ? "latent" : "latent_action"));
    put(model, "termination_hidden", hidden_of(termination, false));
    put(model, "termination_network",
        std::string(has("termination.0.norm.weight") ? "normed" : "relu"));
  }
  return model;
}

Table CheckpointFile::agent_section() const {
  constexpr std::int64_t kManyActions = 20;  // from so many on the reference plans two rounds more
  const auto whole = [&](const std::string& key, std::int64_t otherwise) {
    // What no config could hold is cut to what its reader refuses with a message.
    const double value = number(key, static_cast<double>(otherwise));
    return static_cast<std::int64_t>(std::clamp(value, -1e15, 1e15));
  };
  Table agent;
  put(agent, "id", std::string("tdmpc2"));
  Table planner;
  if (layout_ == CheckpointLayout::kHockey) {
    const std::int64_t num_samples = whole("num_samples", 512);
    put(planner, "horizon", whole("horizon", 3));
    put(planner, "num_samples", num_samples);
    put(planner, "num_elites", std::min<std::int64_t>(64, num_samples));
    put(planner, "num_policy_samples", std::min<std::int64_t>(24, num_samples / 2));
    put(planner, "iterations", whole("num_iterations", 6));
    put(planner, "inverse_temperature", number("temperature", 0.5));
    put(planner, "normalise_with_epsilon", true);
    put(planner, "always_clamp", false);
    Table value;
    put(value, "end", std::string("probability"));
    put(value, "last_action", std::string("mean"));
    put(value, "last_q", std::string("target"));
    put(agent, "sequence_value", std::move(value));
    Table learner;
    put(learner, "rho", number("lambda_coef", 0.95));
    put(learner, "termination_coef", number("termination_coef", 0.5));
    put(learner, "policy_q", std::string("all"));
    put(learner, "target_dropout", true);
    put(learner, "mixed_termination_weights", true);
    put(agent, "learner", std::move(learner));
    put(agent, "discount", number("gamma", 0.99));
  } else {
    put(planner, "iterations", std::int64_t{action_dim_ >= kManyActions ? 8 : 6});
  }
  put(agent, "planner", std::move(planner));
  put(agent, "model", model_section());
  if (num_opponents_ > 0) {
    ValueList names;
    for (std::int64_t k = 0; k < num_opponents_; ++k) {
      Table opponent;
      put(opponent, "name", fmt::format("opponent{}", k));
      names.push_back({std::move(opponent), "the checkpoint"});
    }
    Table cloning;
    put(cloning, "opponents", std::move(names));
    put(agent, "opponent_cloning", std::move(cloning));
  }
  return agent;
}

}  // namespace foresight
