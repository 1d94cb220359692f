// A model folder: the weights of an agent and model.json, which says how to rebuild it.
//
//   model.json         env and agent sections of the config, where the weights come from
//   model.safetensors  whatever Agent::save_model wrote
//
// A policy in a file of another program (agent/actor_file.h) stands for a folder everywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "agent/agent.h"
#include "config/table.h"

namespace foresight {

struct ModelCard {
  std::string name;
  std::string note;
  std::string commit;  // of the program that trained it
  std::uint64_t seed = 0;
  std::int64_t steps = 0;  // env steps it was trained for
  Table env;               // resolved [env], with its id
  Table agent;             // resolved [agent], with its id
  Metrics results;         // of its last evaluation
};

inline constexpr const char* kModelCardFile = "model.json";

bool is_model_folder(const std::filesystem::path& folder);

// Error: no such file, not JSON, a part is missing.
ModelCard read_model_card(const std::filesystem::path& folder);
void write_model_card(const std::filesystem::path& folder, const ModelCard& card);

// The folder itself, or models/<name> of the home folder. Error: neither is a model folder.
std::filesystem::path find_model(const std::string& name_or_folder);
// Names of the shipped models (folders under models/ of the home folder), sorted.
std::vector<std::string> model_names();

// The agent of a model folder, its weights loaded. `env` is the environment it shall play.
std::unique_ptr<Agent> load_agent(const std::filesystem::path& folder, const ModelCard& card,
                                  const EnvSpec& env);

}  // namespace foresight
