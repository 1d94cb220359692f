// One line of a metrics file: named numbers in the order they were added.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace foresight {

using MetricRow = std::vector<std::pair<std::string, double>>;

}  // namespace foresight
