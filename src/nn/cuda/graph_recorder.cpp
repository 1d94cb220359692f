#include "nn/graph_recorder.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace foresight {
namespace {

using c10::cuda::CUDAStream;
using c10::cuda::getCurrentCUDAStream;

// `after` waits for what `before` was asked so far.
void wait_for(const CUDAStream& before, const CUDAStream& after) {
  c10::Event event(c10::DeviceType::CUDA);
  event.record(before.unwrap());
  event.block(after.unwrap());
}

class CudaGraphRecorder : public GraphRecorder {
 public:
  explicit CudaGraphRecorder(const torch::Device& device)
      : device_index_(device.has_index() ? device.index() : c10::cuda::current_device()),
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device_index_)) {}

  void warm_up(const std::function<void()>& work) override {
    const CUDAStream outer = getCurrentCUDAStream(device_index_);
    wait_for(outer, stream_);
    {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      work();
    }
    wait_for(stream_, outer);
  }

  void record(const std::function<void()>& work) override {
    const c10::cuda::CUDAStreamGuard guard(stream_);
    // Other threads may use the device meanwhile: only this one is held to what can be recorded.
    graph_.capture_begin(/*pool=*/{0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      give_up();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override { graph_.replay(); }

 private:
  // The recording is broken: leaves the stream as if it had never begun.
  void give_up() {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {
      // It says once more what broke it; the caller hears that already.
    }
    graph_.reset();
  }

  c10::DeviceIndex device_index_;
  CUDAStream stream_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<GraphRecorder> make_graph_recorder(const torch::Device& device) {
  if (!device.is_cuda()) return nullptr;
  return std::make_unique<CudaGraphRecorder>(device);
}

void* current_stream(const torch::Device& device) {
  return getCurrentCUDAStream(device.index()).stream();
}

}  // namespace foresight
