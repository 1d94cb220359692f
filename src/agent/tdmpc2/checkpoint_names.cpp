#include "agent/tdmpc2/checkpoint_names.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

constexpr int kMostLayers = 64;
constexpr int kMostMembers = 100'000;

struct Pair {
  std::string_view ours, theirs;
};

// Networks of the official layouts, each with a layer's number behind it.
constexpr Pair kOfficialNetworks[] = {
    {"encoder.", "_encoder.state."},    {"dynamics.", "_dynamics."}, {"reward.", "_reward."},
    {"termination.", "_termination."},  {"policy.", "_pi."},         {"q.", "_Qs.params."},
    {"target_q.", "_target_Qs_params."}};
constexpr std::string_view kOldTarget = "_target_Qs.params.";
constexpr Pair kOfficialTensors[] = {{"task_embedding.weight", "_task_emb.weight"},
                                     {"action_masks", "_action_masks"}};
constexpr Pair kPixelEncoder{"encoder.conv.", "_encoder.rgb."};
constexpr int kFirstConvolution = 2;  // of a Sequential: shift, scaling, convolution, ReLU, …

// Leaves of a layer in the order of the older layout.
constexpr Pair kLeaves[] = {
    {"weight", "weight"}, {"bias", "bias"}, {"norm.weight", "ln.weight"}, {"norm.bias", "ln.bias"}};

// "12" -> 12; nothing for anything else, or more than `most`.
std::optional<int> number_of(std::string_view text, int most) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || rest != end || number < 0 || number > most) return std::nullopt;
  return number;
}

// "3.ln.weight" -> 3 and "ln.weight".
struct Layer {
  int number;
  std::string_view leaf;
};
std::optional<Layer> layer_of(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto number = number_of(text.substr(0, dot), kMostLayers);
  if (!number) return std::nullopt;
  return Layer{*number, text.substr(dot + 1)};
}

std::optional<TensorName> from_official(CheckpointLayout layout, std::string_view theirs) {
  for (const auto& [our, their] : kOfficialTensors) {
    if (theirs == their) return TensorName{std::string(our)};
  }
  if (theirs.starts_with("_detach_Qs_params.") || theirs == "log_std_min" ||
      theirs == "log_std_dif") {
    return TensorName{};
  }
  if (theirs.starts_with(kPixelEncoder.theirs)) {
    const auto layer = layer_of(theirs.substr(kPixelEncoder.theirs.size()));
    const int position = layer ? layer->number - kFirstConvolution : -1;
    if (position < 0 || position % 2 != 0 || (layer->leaf != "weight" && layer->leaf != "bias")) {
      return std::nullopt;
    }
    return TensorName{fmt::format("{}{}.{}", kPixelEncoder.ours, position / 2, layer->leaf)};
  }
  for (const auto& [our, their] : kOfficialNetworks) {
    const bool is_target = our == "target_q.";
    const bool is_old = layout == CheckpointLayout::kOfficialOld;
    const std::string_view prefix = is_target && is_old ? kOldTarget : their;
    if (!theirs.starts_with(prefix)) continue;
    const std::string_view rest = theirs.substr(prefix.size());
    if (is_old && (is_target || our == "q.")) {
      const auto index = number_of(rest, kMostLayers * 4);
      if (!index) return std::nullopt;
      return TensorName{fmt::format("{}{}.{}", our, *index / 4, kLeaves[*index % 4].ours)};
    }
    const auto layer = layer_of(rest);
    if (!layer) return std::nullopt;
    const auto* leaf = std::ranges::find(kLeaves, layer->leaf, &Pair::theirs);
    if (leaf == std::end(kLeaves)) return std::nullopt;
    return TensorName{fmt::format("{}{}.{}", our, layer->number, leaf->ours)};
  }
  return std::nullopt;
}

std::string to_official(CheckpointLayout layout, const std::string& ours) {
  for (const auto& [our, their] : kOfficialTensors) {
    if (ours == our) return std::string(their);
  }
  if (ours.starts_with(kPixelEncoder.ours)) {
    const auto layer = layer_of(std::string_view(ours).substr(kPixelEncoder.ours.size()));
    FS_CHECK(layer.has_value(), "no name of a model: {}", ours);
    return fmt::format("{}{}.{}", kPixelEncoder.theirs, kFirstConvolution + 2 * layer->number,
                       layer->leaf);
  }
  for (const auto& [our, their] : kOfficialNetworks) {
    if (!ours.starts_with(our)) continue;
    const auto layer = layer_of(std::string_view(ours).substr(our.size()));
    FS_CHECK(layer.has_value(), "no name of a model: {}", ours);
    const auto* leaf = std::ranges::find(kLeaves, layer->leaf, &Pair::ours);
    FS_CHECK(leaf != std::end(kLeaves), "no name of a model: {}", ours);
    const bool is_target = our == "target_q.";
    if (layout == CheckpointLayout::kOfficialOld && (is_target || our == "q.")) {
      return fmt::format("{}{}", is_target ? kOldTarget : their,
                         layer->number * 4 + (leaf - std::begin(kLeaves)));
    }
    return fmt::format("{}{}.{}", their, layer->number, leaf->theirs);
  }
  contract_violation(__FILE__, __LINE__, "official name", ours);
}

// --- The hockey project's: positions in a torch Sequential of Linear, LayerNorm, Mish a layer; of
// the Q functions with a Dropout in the first; of the end predictor Linear and ReLU. ---

enum class Sequence { kPlain, kQ, kRelu };

std::string layer_at(Sequence sequence, int position, std::string_view leaf) {
  if (sequence == Sequence::kRelu) return fmt::format("{}.{}", position / 2, leaf);
  if (sequence == Sequence::kQ && position >= 3) --position;  // the Dropout
  return fmt::format("{}.{}{}", position / 3, position % 3 == 1 ? "norm." : "", leaf);
}

std::string position_of(Sequence sequence, const Layer& layer) {
  const bool is_norm = layer.leaf.starts_with("norm.");
  const std::string_view leaf = is_norm ? layer.leaf.substr(5) : layer.leaf;
  int position = layer.number * (sequence == Sequence::kRelu ? 2 : 3) + (is_norm ? 1 : 0);
  if (sequence == Sequence::kQ && layer.number > 0) ++position;
  return fmt::format("{}.{}", position, leaf);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

bool is_leaf(std::string_view text) { return text == "weight" || text == "bias"; }

// `policy` or `opponent3` with what is behind its dot.
std::optional<TensorName> policy_tensor(const std::string& network,
                                        std::span<const std::string_view> parts) {
  if (parts.size() == 2 && is_leaf(parts[1])) {
    if (parts[0] == "mean_head") return TensorName{fmt::format("{}_mean.0.{}", network, parts[1])};
    if (parts[0] == "log_std_head") {
      return TensorName{fmt::format("{}_log_std.0.{}", network, parts[1])};
    }
  }
  if (parts.size() != 3 || parts[0] != "net" || !is_leaf(parts[2])) return std::nullopt;
  const auto position = number_of(parts[1], 3 * kMostLayers);
  if (!position) return std::nullopt;
  return TensorName{fmt::format("{}.{}", network, layer_at(Sequence::kPlain, *position, parts[2]))};
}

std::optional<TensorName> from_hockey(std::string_view theirs) {
  const auto parts = split(theirs);
  const std::span<const std::string_view> all(parts);
  static constexpr std::string_view kNotKept[] = {"optimizer", "pi_optimizer", "scale"};
  if (std::ranges::find(kNotKept, parts[0]) != std::end(kNotKept)) return TensorName{};
  if (parts[0] == "policy") return policy_tensor("policy", all.subspan(1));
  if (parts[0].starts_with("opponent") && parts[0] != "opponent_cloning_networks") {
    const auto number = number_of(parts[0].substr(8), kMostMembers);
    if (!number) return std::nullopt;
    return policy_tensor(std::string(parts[0]), all.subspan(1));
  }
  if (parts[0] == "opponent_cloning_networks" && parts.size() > 2) {
    const auto number = number_of(parts[1], kMostMembers);
    if (!number) return std::nullopt;
    if (parts[2] == "optimizer") return TensorName{};
    if (parts[2] != "network") return std::nullopt;
    return policy_tensor(fmt::format("opponent{}", *number), all.subspan(3));
  }
  const bool is_target = parts[0] == "target_q_ensemble";
  if (parts.size() == 6 && (is_target || parts[0] == "q_ensemble") && parts[1] == "q_functions" &&
      parts[3] == "net" && is_leaf(parts[5])) {
    const auto member = number_of(parts[2], kMostMembers);
    const auto position = number_of(parts[4], 3 * kMostLayers);
    if (!member || !position) return std::nullopt;
    return TensorName{fmt::format("{}.{}", is_target ? "target_q" : "q",
                                  layer_at(Sequence::kQ, *position, parts[5])),
                      *member};
  }
  if (parts.size() != 4 || !is_leaf(parts[3])) return std::nullopt;
  const auto position = number_of(parts[2], 3 * kMostLayers);
  static constexpr std::string_view kNetworks[] = {"encoder", "dynamics", "reward"};
  const bool is_end = parts[0] == "termination" && parts[1] == "mlp";
  const bool is_plain =
      std::ranges::find(kNetworks, parts[0]) != std::end(kNetworks) && parts[1] == "net";
  if (!position || (!is_end && !is_plain)) return std::nullopt;
  return TensorName{
      fmt::format("{}.{}", parts[0],
                  layer_at(is_end ? Sequence::kRelu : Sequence::kPlain, *position, parts[3]))};
}

std::string to_hockey(const TensorName& ours) {
  const auto dot = ours.name.find('.');
  FS_CHECK(dot != std::string::npos, "no name of a model: {}", ours.name);
  std::string network = ours.name.substr(0, dot);
  const auto layer = layer_of(std::string_view(ours.name).substr(dot + 1));
  FS_CHECK(layer.has_value(), "no name of a model: {}", ours.name);
  for (const auto& [suffix, head] :
       {std::pair<std::string_view, std::string_view>{"_mean", "mean_head"},
        {"_log_std", "log_std_head"}}) {
    if (!network.ends_with(suffix)) continue;
    network.resize(network.size() - suffix.size());
    return fmt::format("{}.{}.{}", network, head, layer->leaf);
  }
  if (network == "termination") {
    return fmt::format("termination.mlp.{}", position_of(Sequence::kRelu, *layer));
  }
  if (network == "q" || network == "target_q") {
    return fmt::format("{}_ensemble.q_functions.{}.net.{}", network, ours.member,
                       position_of(Sequence::kQ, *layer));
  }
  return fmt::format("{}.net.{}", network, position_of(Sequence::kPlain, *layer));
}

}  // namespace

std::string_view name_of(CheckpointLayout layout) {
  switch (layout) {
    case CheckpointLayout::kOfficial:
      return "official";
    case CheckpointLayout::kOfficialOld:
      return "official-old";
    case CheckpointLayout::kHockey:
      break;
  }
  return "hockey";
}

std::optional<TensorName> our_name(CheckpointLayout layout, std::string_view theirs) {
  return layout == CheckpointLayout::kHockey ? from_hockey(theirs) : from_official(layout, theirs);
}

std::string their_name(CheckpointLayout layout, const TensorName& ours) {
  return layout == CheckpointLayout::kHockey ? to_hockey(ours) : to_official(layout, ours.name);
}

}  // namespace foresight
