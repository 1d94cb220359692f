// The environment of a model: its card names one, unless the model was imported without a task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/model_card.h"
#include "env/env_spec.h"

namespace foresight {

// What the card of a model imported without a task holds in [env]: sizes, and no id.
struct EnvSizes {
  std::int64_t observation_dim = 0;
  std::int64_t action_dim = 0;
  std::int64_t image_channels = 0;                  // of stacked frames in colour; 0: no pictures
  std::vector<std::int64_t> task_action_dims = {};  // one a task where there are several
};
Table sizes_as_env(const EnvSizes& sizes);

// [env] of another environment, seen as the model sees its own: as pictures, where those are.
Table other_env(const ModelCard& card, const std::string& id);

// The spec of the card's environment. Error: it names none and holds no sizes either.
EnvSpec described_env(const ModelCard& card);

// The same for playing, which sizes are not enough for. Error: the card names no environment.
EnvSpec played_env(const ModelCard& card);

}  // namespace foresight
