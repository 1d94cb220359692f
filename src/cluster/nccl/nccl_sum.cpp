// Sums over ranks in the memory of GPUs, over NCCL: a library of its own, libforesight_nccl.so, see
// cluster/gpu_ranks.h. Each rank has a GPU of its own. NCCL's order of adding is its own, too; all
// ranks get the same bits. Compiled against NCCL, not run yet: there was no GPU.
#include <cuda_runtime_api.h>
#include <nccl.h>

#include "base/error.h"
#include "cluster/gpu_ranks.h"

namespace foresight {
namespace {

void check(ncclResult_t result, const char* what) {
  if (result != ncclSuccess) fail("NCCL: {}: {}", what, ncclGetErrorString(result));
}

void check(cudaError_t result, const char* what) {
  if (result != cudaSuccess) fail("CUDA: {}: {}", what, cudaGetErrorString(result));
}

class NcclSum : public GpuSum {
 public:
  explicit NcclSum(Ranks& ranks) {
    ncclUniqueId id{};
    if (ranks.rank() == 0) check(ncclGetUniqueId(&id), "no name for the group");
    id = gather_values(ranks, id).front();
    check(ncclCommInitRank(&group_, ranks.size(), id, ranks.rank()),
          "the ranks do not find each other (each needs a GPU of its own)");
  }
  ~NcclSum() override { ncclCommDestroy(group_); }

  // On the stream that LibTorch computes on, and done when it returns: a rank that is lost
  // meanwhile leaves us waiting here, and the watch over the ranks ends this process.
  void sum(float* values, std::int64_t count) override {
    constexpr cudaStream_t kDefault = nullptr;
    check(ncclAllReduce(values, values, static_cast<std::size_t>(count), ncclFloat, ncclSum, group_,
                        kDefault),
          "a sum");
    check(cudaStreamSynchronize(kDefault), "a sum");
  }

 private:
  ncclComm_t group_ = nullptr;
};

}  // namespace
}  // namespace foresight

// The one name of this library.
extern "C" foresight::GpuSum* foresight_open_gpu_sum(foresight::Ranks& ranks) {
  return new foresight::NcclSum(ranks);
}
