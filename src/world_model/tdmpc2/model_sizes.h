// The official sizes of TD-MPC2, by their millions of parameters.
// Reference: nicklashansen/tdmpc2@e9f5932, common/__init__.py, MODEL_SIZE, and common/parser.py for
// what the two sets of tasks change.
#pragma once

#include <cstdint>
#include <string>

#include "world_model/tdmpc2/model_config.h"

namespace foresight {

// 1, 5, 19, 48 or 317; anything else is no size.
bool is_model_size(std::int64_t size);

// Sets the widths, layers and ensemble of a size, and the width of task embeddings. task_set: mt30
// has its own widths in some sizes; empty for any other tasks, or one.
void apply_model_size(Tdmpc2ModelConfig& config, std::int64_t size, const std::string& task_set);

}  // namespace foresight
