// Enough of CUDA to run a kernel on the CPU, a thread for each thread of a block, one block after
// the other: for tests of what a kernel computes where there is no device. translate.py makes a .cu
// file into C++ that includes this. Warps of 32; the shuffles and barriers that our kernels use.
#pragma once

#include <barrier>
#include <cmath>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __shared__ static

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

using cudaStream_t = void*;
enum cudaError_t { cudaSuccess };
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorString(cudaError_t) { return ""; }

namespace cuda_on_host {

constexpr unsigned kWarp = 32;

// Of the kernel that runs.
struct Launch {
  Launch(dim3 grid_, dim3 block_) : grid(grid_), block(block_), barrier(block.x * block.y) {
    for (unsigned i = 0; i < block.x * block.y; i += kWarp) {
      warps.push_back(std::make_unique<Warp>());
    }
  }
  struct Warp {
    std::barrier<> barrier{kWarp};
    float lanes[kWarp] = {};
  };
  dim3 grid, block;
  std::barrier<> barrier;
  std::vector<std::unique_ptr<Warp>> warps;
};
inline Launch* current = nullptr;

}  // namespace cuda_on_host

inline thread_local dim3 threadIdx, blockIdx;
#define blockDim (cuda_on_host::current->block)
#define gridDim (cuda_on_host::current->grid)

namespace cuda_on_host {

inline unsigned thread_number() { return threadIdx.y * current->block.x + threadIdx.x; }

// Blocks of whole warps; a warp's threads all return early or none.
template <typename Kernel>
void run(dim3 grid, dim3 block, cudaStream_t /*stream*/, const Kernel& kernel) {
  Launch launch(grid, block);
  current = &launch;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < block.x * block.y; ++t) {
    threads.emplace_back([&launch, &kernel, t] {
      threadIdx = dim3(t % launch.block.x, t / launch.block.x);
      const unsigned count = launch.grid.x * launch.grid.y * launch.grid.z;
      for (unsigned b = 0; b < count; ++b) {
        blockIdx = dim3(b % launch.grid.x, b / launch.grid.x % launch.grid.y,
                        b / (launch.grid.x * launch.grid.y));
        kernel();
        launch.barrier.arrive_and_wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace cuda_on_host

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }

inline void __syncwarp() {
  cuda_on_host::current->warps[cuda_on_host::thread_number() / cuda_on_host::kWarp]
      ->barrier.arrive_and_wait();
}

inline void __syncthreads() { cuda_on_host::current->barrier.arrive_and_wait(); }

inline float __shfl_xor_sync(unsigned /*mask*/, float value, unsigned offset) {
  const unsigned number = cuda_on_host::thread_number();
  const unsigned lane = number % cuda_on_host::kWarp;
  auto& warp = *cuda_on_host::current->warps[number / cuda_on_host::kWarp];
  warp.lanes[lane] = value;
  warp.barrier.arrive_and_wait();
  const float other = warp.lanes[lane ^ offset];
  warp.barrier.arrive_and_wait();
  return other;
}
