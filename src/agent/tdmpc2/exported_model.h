// A model of this program as a writer of checkpoints sees it: its tensors as float32, in the order
// of the official state_dict, and the numbers of its card. Compiles without LibTorch.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/tree.h"
#include "io/safetensors.h"

namespace foresight {

class ExportedModel {
 public:
  // `file` must outlive it. The target ensemble is Q where the file holds none.
  explicit ExportedModel(const SafetensorsFile& file);
  ExportedModel(const ExportedModel&) = delete;
  ExportedModel& operator=(const ExportedModel&) = delete;

  const std::vector<std::pair<std::string, TensorView>>& tensors() const { return tensors_; }
  const std::string& file_name() const { return file_name_; }
  bool has(const std::string& name) const { return find(name) != nullptr; }
  // Error: no model of TD-MPC2, since this tensor is missing.
  const TensorView& at(const std::string& name) const;
  // Outputs of each layer of a network.
  std::vector<std::int64_t> outputs(const std::string& network) const;

 private:
  const TensorView* find(const std::string& name) const;
  TensorView floats(const TensorView& view);

  std::string file_name_;
  std::deque<std::vector<std::byte>> converted_;
  std::vector<std::pair<std::string, TensorView>> tensors_;
};

// A number of the card's [agent], or of a group in it, or `otherwise`.
double number_at(const Table& agent, std::string_view group, std::string_view key,
                 double otherwise);

}  // namespace foresight
