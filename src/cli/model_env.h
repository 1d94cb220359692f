// The environment of a model: its card names one, unless the model was imported without a task.
#pragma once

#include "agent/model_card.h"
#include "env/env_spec.h"

namespace foresight {

// What the card of a model imported without a task holds in [env]: sizes, and no id.
Table sizes_as_env(std::int64_t observation_dim, std::int64_t action_dim);

// The spec of the card's environment. Error: it names none and holds no sizes either.
EnvSpec described_env(const ModelCard& card);

// The same for playing, which sizes are not enough for. Error: the card names no environment.
EnvSpec played_env(const ModelCard& card);

}  // namespace foresight
