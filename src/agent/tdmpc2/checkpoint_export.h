// Writes a TD-MPC2 model as the Python implementations do: the names, shapes and types of their
// own checkpoints. Sources as in checkpoint_names.h. Compiles without LibTorch.
#pragma once

#include <filesystem>
#include <optional>

#include "agent/tdmpc2/checkpoint_names.h"
#include "config/tree.h"
#include "io/safetensors.h"

namespace foresight {

enum class CheckpointFormat { kPt, kSafetensors };

struct ExportOptions {
  CheckpointFormat format = CheckpointFormat::kPt;
  std::optional<CheckpointLayout> layout;  // none: the one whose forms the model has
};

// `model` is the model.safetensors of a model folder, `agent` its card's [agent]. Error: the model
// mixes forms that no layout has. Returns the layout that was written.
CheckpointLayout export_checkpoint(const SafetensorsFile& model, const Table& agent,
                                   const ExportOptions& options, const std::filesystem::path& path);

}  // namespace foresight
