#include "agent/tdmpc2/checkpoint_export.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "agent/tdmpc2/exported_model.h"
#include "agent/tdmpc2/hockey_export.h"
#include "base/error.h"
#include "io/atomic_file.h"
#include "io/torch_file.h"

namespace foresight {
namespace {

CheckpointLayout layout_of(const ExportedModel& model,
                           const std::optional<CheckpointLayout>& wanted) {
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

void add_renamed(RenamedTensors& result, CheckpointLayout layout, const std::string& name,
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

RenamedTensors renamed(const ExportedModel& model, CheckpointLayout layout,
                       const std::vector<Scalar>& scalars) {
  RenamedTensors result;
  constexpr std::string_view kMasks = "action_masks";  // before the bounds, in the original's order
  for (const auto& [name, tensor] : model.tensors()) {
    if (name == kMasks) add_renamed(result, layout, name, tensor);
  }
  for (const Scalar& scalar : scalars) result.emplace_back(scalar.name, scalar.view());
  RenamedTensors target;
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
    const RenamedTensors online = result;
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

void write_official(TorchWriter& writer, const RenamedTensors& tensors, CheckpointLayout layout,
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

}  // namespace

CheckpointLayout export_checkpoint(const SafetensorsFile& file, const Table& agent,
                                   const ExportOptions& options,
                                   const std::filesystem::path& path) {
  const ExportedModel model(file);
  const CheckpointLayout layout = layout_of(model, options.layout);
  const auto scalars = scalars_of(layout, agent);
  const RenamedTensors tensors = renamed(model, layout, scalars);
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
