// How far a run is, from what it has written so far.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace foresight {

struct RunProgress {
  std::int64_t steps = 0;        // of the last row of metrics
  std::int64_t total_steps = 0;  // 0: unknown
  std::string score_name;        // empty: none yet
  double score = 0.0;            // last of evaluations, else of training
  double spent_s = -1.0;         // of training until that row; negative: unknown
  double left_s = -1.0;          // at the pace of the last rows; negative: unknown
};

// Never fails: what cannot be read is unknown.
RunProgress read_progress(const std::filesystem::path& run_folder);

}  // namespace foresight
