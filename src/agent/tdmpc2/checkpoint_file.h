// A checkpoint of one of the Python implementations of TD-MPC2: its tensors under this program's
// names, and the numbers beside them. What the tensors' shapes tell is in checkpoint_sizes.h.
// Compiles without LibTorch; nothing in it is executed.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/tdmpc2/checkpoint_names.h"
#include "io/safetensors.h"
#include "io/torch_file.h"

namespace foresight {

class CheckpointFile {
 public:
  // A .pt of torch.save or a .safetensors. Error: the file, the tensor, and what is wrong with it.
  static CheckpointFile open(const std::filesystem::path& path);
  static CheckpointFile from(TorchFile file);
  static CheckpointFile from(SafetensorsFile file);

  CheckpointLayout layout() const { return layout_; }
  // Under our names, float32 and contiguous, members of ensembles stacked: `q.0.weight` [E, out,
  // in]. Valid as long as the file.
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }

  bool has(const std::string& name) const { return tensors_.contains(name); }
  // Error: no checkpoint of TD-MPC2, since this tensor is missing.
  const TensorView& at(const std::string& name) const;
  // A number of the file (a hockey file: horizon, gamma, ...; official: bounds of the log-std), or
  // `otherwise` where it holds none of that name.
  double number(const std::string& key, double otherwise) const;
  const std::string& file_name() const { return file_name_; }

 private:
  CheckpointFile() = default;
  using NamedPickles = std::map<std::string, const PickledTensor*>;

  void take(const std::string& theirs, const TensorView& view);
  void read_pickle(TorchFile& file);
  void read_numbers(const PickleValue& root);
  void stack_members();

  std::variant<std::monostate, TorchFile, SafetensorsFile> source_;
  std::string file_name_;
  CheckpointLayout layout_ = CheckpointLayout::kOfficial;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::map<std::int64_t, TensorView>> members_;  // not yet stacked
  std::deque<std::vector<std::byte>> stacked_;
  std::map<std::string, double, std::less<>> numbers_;
};

}  // namespace foresight
