// How the two Python implementations of TD-MPC2 name their tensors, and how this program names the
// same. Sources: nicklashansen/tdmpc2@e9f5932, common/world_model.py and common/layers.py
// (api_model_conversion for the older layout); the public student hockey project at 5341212.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foresight {

enum class CheckpointLayout {
  kOfficial,     // `_Qs.params.0.weight`: since September 2024
  kOfficialOld,  // `_Qs.params.0`: before, as the published checkpoints are
  kHockey,       // a state_dict for each network: `q_ensemble.q_functions.0.net.0.weight`
};
std::string_view name_of(CheckpointLayout layout);

// A tensor of this program, `q.1.norm.weight`. `member` picks one of its leading axis, where the
// other side keeps the members of an ensemble apart; -1: all of it.
struct TensorName {
  std::string name;
  std::int64_t member = -1;
};

// What the other side's tensor is here. An empty name: nothing that is kept (copies, optimisers).
// Nothing: not a name of that layout.
std::optional<TensorName> our_name(CheckpointLayout layout, std::string_view theirs);

// The other way round; `ours` is a name of a model of this program in that layout.
std::string their_name(CheckpointLayout layout, const TensorName& ours);

// The layout keeps the members of the Q ensembles apart.
inline bool splits_ensemble(CheckpointLayout layout) { return layout == CheckpointLayout::kHockey; }

}  // namespace foresight
