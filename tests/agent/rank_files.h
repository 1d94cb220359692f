// Checkpoints of agents on several ranks, as train/rank_folder.h lays them out.
#pragma once

#include <fmt/format.h>

#include "agent/agent.h"

namespace foresight {

enum class Part { kToWrite, kToRead };

// A rank's part of the checkpoint in `folder`. While the others write theirs, the first one's is
// not there yet.
inline CheckpointPlace place_of(const std::filesystem::path& folder, int rank, Part part) {
  const auto own = [&](int number) { return folder / fmt::format("rank_{}", number); };
  std::filesystem::create_directories(own(rank));
  CheckpointPlace place(own(rank));
  if (rank != 0) place.common = part == Part::kToRead ? own(0) : std::filesystem::path();
  return place;
}

inline std::vector<double> numbers_of(const Metrics& metrics) {
  std::vector<double> numbers;
  for (const auto& [name, value] : metrics) numbers.push_back(value);
  return numbers;
}

}  // namespace foresight
