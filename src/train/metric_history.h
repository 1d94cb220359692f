// The metrics of a run, read back: rows of metrics.jsonl.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace foresight {

using MetricValues = std::map<std::string, double>;  // of one row; null is not-a-number

// Oldest first. Half a line at the end, which a killed run leaves, is left out. Error: no such
// file, or a line that is no row, with its number.
std::vector<MetricValues> read_metrics(const std::filesystem::path& run_folder);

// Every name that occurs, sorted.
std::vector<std::string> metric_names(const std::vector<MetricValues>& rows);

}  // namespace foresight
