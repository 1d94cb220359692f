// A checkpoint of one of the Python implementations of TD-MPC2: its tensors under this program's
// names, and the sizes that their shapes tell. Compiles without LibTorch; nothing in it is
// executed.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/tdmpc2/checkpoint_names.h"
#include "config/tree.h"
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

  std::int64_t observation_dim() const { return observation_dim_; }
  std::int64_t action_dim() const { return action_dim_; }
  std::int64_t num_tasks() const { return num_tasks_; }  // 0: one task, without an embedding
  std::int64_t task_dim() const { return task_dim_; }    // width of the embedding
  std::int64_t num_opponents() const { return num_opponents_; }
  bool sees_pixels() const { return sees_pixels_; }

  // [agent] of a config that builds this model: what the shapes tell, the forms of the layout, and
  // the numbers that the file holds (a hockey file: horizon, samples, discount, ...).
  Table agent_section() const;

 private:
  CheckpointFile() = default;
  using NamedPickles = std::map<std::string, const PickledTensor*>;

  void take(const std::string& theirs, const TensorView& view);
  void read_pickle(TorchFile& file);
  void read_numbers(const PickleValue& root);
  void stack_members();
  void infer_sizes();
  std::vector<std::int64_t> widths(const std::string& network) const;
  const TensorView& at(const std::string& name) const;
  bool has(const std::string& name) const { return tensors_.contains(name); }
  // A number of a hockey file's config, or `otherwise`.
  double number(const std::string& key, double otherwise) const;
  Table model_section() const;

  std::variant<std::monostate, TorchFile, SafetensorsFile> source_;
  std::string file_name_;
  CheckpointLayout layout_ = CheckpointLayout::kOfficial;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::map<std::int64_t, TensorView>> members_;  // not yet stacked
  std::deque<std::vector<std::byte>> stacked_;
  std::map<std::string, double, std::less<>> numbers_;
  std::int64_t observation_dim_ = 0;
  std::int64_t action_dim_ = 0;
  std::int64_t latent_dim_ = 0;
  std::int64_t num_tasks_ = 0;
  std::int64_t task_dim_ = 0;
  std::int64_t num_opponents_ = 0;
  bool sees_pixels_ = false;
};

}  // namespace foresight
