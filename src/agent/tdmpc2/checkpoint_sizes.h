// What the shapes of a checkpoint's tensors tell: the sizes of the model, and the config that
// builds it. Compiles without LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/tdmpc2/checkpoint_file.h"
#include "config/tree.h"

namespace foresight {

struct CheckpointSizes {
  std::int64_t observation_dim = 0;  // 0: it sees pictures
  std::int64_t image_channels = 0;   // of all stacked frames; 0: it sees numbers
  std::int64_t action_dim = 0;
  std::int64_t latent_dim = 0;
  std::int64_t num_tasks = 0;  // 0: one task, without an embedding
  std::int64_t task_dim = 0;   // width of the embedding
  // How many of the (padded) actions are each task's own. Empty with one task, and where the file
  // holds no action masks.
  std::vector<std::int64_t> task_action_dims;
  std::int64_t num_opponents = 0;
};

// Error: the file, and the tensor that does not fit the others.
CheckpointSizes sizes_of(const CheckpointFile& file);

// [agent] of a config that builds this model: what the shapes tell, the forms of the layout, and
// the numbers that the file holds.
Table agent_section(const CheckpointFile& file);

}  // namespace foresight
