// A stretch of work on a CUDA device, recorded once as a graph and replayed with one launch: a plan
// or an update is hundreds of small kernels, and starting each costs more than it computes.
// src/nn/cuda holds what needs a LibTorch with CUDA, src/nn/without_cuda stands for it elsewhere.
#pragma once

#include "nn/torch.h"

#include <functional>
#include <memory>

namespace foresight {

// Work that can be recorded reads and writes tensors at addresses that stay, draws no random
// numbers and never looks at a value on the host.
class GraphRecorder {
 public:
  virtual ~GraphRecorder() = default;
  // Runs `work` as it is on the stream that it will be recorded on: libraries make their work
  // spaces.
  virtual void warm_up(const std::function<void()>& work) = 0;
  // Calls `work` once without running its kernels. What it allocates belongs to the graph. Throws
  // c10::Error where something in it cannot be recorded.
  virtual void record(const std::function<void()>& work) = 0;
  // Runs what was recorded, after all that this thread asked of the device before; its results are
  // there for all that it asks later.
  virtual void replay() = 0;
};

// Null where there is nothing to record for.
std::unique_ptr<GraphRecorder> make_graph_recorder(const torch::Device& device);

// The stream that this thread's work on the tensor's device goes to, for kernels of our own.
void* current_stream(const torch::Device& device);

}  // namespace foresight
