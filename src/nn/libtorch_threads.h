// How many threads LibTorch's own operations take for as long as this lives. They spin while they
// wait for each other, which costs small products far more than it gives as soon as anything else
// runs on the machine (nn/compute_team.h): only large convolutions get more than one.
#pragma once

#include <ATen/Parallel.h>

#include <cstdint>

#include "nn/compute_team.h"

namespace foresight {

class LibTorchThreads {
 public:
  // row_channels: numbers of a convolution's widest layer, rows times channels; 0 without any.
  explicit LibTorchThreads(std::int64_t row_channels) {
    compute_team();  // sets the number when it is made
    at::set_num_threads(row_channels >= kManyRowChannels ? team_threads() : 1);
  }
  ~LibTorchThreads() { at::set_num_threads(1); }
  LibTorchThreads(const LibTorchThreads&) = delete;
  LibTorchThreads& operator=(const LibTorchThreads&) = delete;

 private:
  static constexpr std::int64_t kManyRowChannels = 4096;  // so many that several threads pay
};

}  // namespace foresight
