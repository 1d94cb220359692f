// Round numbers along an axis of a chart.
#pragma once

#include <string>
#include <vector>

namespace foresight {

// Round numbers (1, 2 or 5 times a power of ten apart) from at most `low` to at least `high`, about
// `count` of them.
std::vector<double> round_ticks(double low, double high, int count);

// 1200000 -> "1.2M", 0.25 -> "0.25".
std::string tick_label(double value);

}  // namespace foresight
