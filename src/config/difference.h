// What differs between two configs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/tree.h"

namespace foresight {

// "train.steps: 2000 -> 4000" for each key that differs, in order; "none" where one lacks it.
std::vector<std::string> differences(const Table& before, const Table& after);

// Every value by its whole key ("train.steps"), in TOML's form on one line. A list is one value.
std::map<std::string, std::string> leaves_of(const Table& table);

}  // namespace foresight
