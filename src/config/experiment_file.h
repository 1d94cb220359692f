// Finds and reads the file of an experiment: `hockey/quick` is <configs_root>/hockey/quick.toml. A
// file may say `base = "hockey/tdmpc2"` (a name, or a path beside itself): the base's values are
// laid under its own.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "config/table.h"

namespace foresight {

// `name` without .toml is looked up in `configs_root`, with it it is a path. Overrides
// ("agent.planner.horizon=5") follow in order. Error: unknown name (with the nearest ones), a cycle
// of bases, anything wrong with a file, every bad override at once.
Table load_config(const std::string& name, const std::filesystem::path& configs_root,
                  std::span<const std::string> overrides = {});

// "hockey/quick" for every .toml file below `configs_root`, sorted.
std::vector<std::string> config_names(const std::filesystem::path& configs_root);

}  // namespace foresight
