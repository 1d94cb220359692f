// Writes the dictionary that the hockey project's loader reads: a state_dict for each network, and
// the numbers that build them. Source as in checkpoint_names.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/tdmpc2/exported_model.h"
#include "io/torch_file.h"

namespace foresight {

// Tensors under the other side's names, members of ensembles apart where its layout keeps them so.
using RenamedTensors = std::vector<std::pair<std::string, TensorView>>;

void write_hockey(TorchWriter& writer, const RenamedTensors& tensors, const ExportedModel& model,
                  const Table& agent);

}  // namespace foresight
