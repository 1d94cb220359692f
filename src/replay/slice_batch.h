// A batch of slices of episodes, time-major. Axes: B slices, H horizon, O observation, A action.
#pragma once

#include <cstdint>
#include <vector>

namespace foresight {

// One slice: rows [row, row + H] of the episode with this number.
struct SliceIndex {
  std::int64_t episode = 0;  // running number, never reused
  std::int64_t start = 0;    // first step within what is left of the episode
};

struct SliceBatch {
  std::int64_t num_slices = 0;
  std::int64_t horizon = 0;
  std::vector<float> observations;  // [H + 1, B, O]
  std::vector<float> actions;       // [H, B, A]
  std::vector<float> rewards;       // [H, B]
  std::vector<float> terminated;    // [H, B], 0 or 1
  std::vector<float> weights;       // [B], importance weights; empty when drawn uniformly
  std::vector<SliceIndex> slices;   // [B], to give priorities back
  std::vector<std::int64_t> tasks;  // [B], of data sets (dataset_store.h); empty otherwise
};

}  // namespace foresight
