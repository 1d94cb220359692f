// What differs between two configs.
#pragma once

#include <string>
#include <vector>

#include "config/tree.h"

namespace foresight {

// "train.steps: 2000 -> 4000" for each key that differs, in order; "none" where one lacks it.
std::vector<std::string> differences(const Table& before, const Table& after);

}  // namespace foresight
