#include "agent/tdmpc2/checkpoint_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kDeepest = 8;  // dictionaries within each other
constexpr std::size_t kMostTensors = 200'000;

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
  return result;
}

CheckpointFile CheckpointFile::from(SafetensorsFile file) {
  CheckpointFile result;
  result.file_name_ = file.file_name();
  const auto& source = result.source_.emplace<SafetensorsFile>(std::move(file));
  std::map<std::string, std::string> names;  // without prefixes, as in the file
  std::vector<std::string> without_prefixes;
  for (const std::string& name : source.names()) {
    without_prefixes.push_back(without_compiled_prefix(name));
    names[without_prefixes.back()] = name;
  }
  result.layout_ = layout_of(without_prefixes);
  for (const auto& [theirs, name] : names) {
    if (is_bound(theirs) || is_wanted(result.layout_, theirs, result.file_name_)) {
      result.take(theirs, source.at(name));
    }
  }
  result.stack_members();
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

}  // namespace foresight
