#include "nn/graph_recorder.h"

#include "base/error.h"

namespace foresight {

std::unique_ptr<GraphRecorder> make_graph_recorder(const torch::Device& /*device*/) {
  return nullptr;
}

void* current_stream(const torch::Device& device) {
  FS_CHECK(false, "no stream of {} in a program without CUDA", device.str());
  return nullptr;
}

}  // namespace foresight
