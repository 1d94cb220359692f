// A policy network alone in a safetensors file, as other programs leave one: a model without a
// card.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/model_card.h"
#include "io/safetensors.h"

namespace foresight {

// A file whose name ends with .safetensors.
bool is_actor_file(const std::filesystem::path& path);

// Its layers in order: "actor.0", "actor.2", ... Error: none.
std::vector<std::string> actor_layers(const SafetensorsFile& file);

// The card of such a file: a SAC agent whose hidden layers have the file's widths, for the hockey
// game. Error: the layers do not fit together.
ModelCard card_of_actor_file(const std::filesystem::path& path);

}  // namespace foresight
