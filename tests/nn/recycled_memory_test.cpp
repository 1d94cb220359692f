#include "nn/recycled_memory.h"

#include <gtest/gtest.h>

#include <thread>

#include "nn/tensors.h"

namespace foresight {
namespace {

constexpr std::int64_t kFloats = 100'000;

TEST(RecycledMemory, GivesAFreedBlockToTheNextTensor) {
  RecycledMemory memory;
  const RecycledMemory::Scope scope(memory);
  const void* first = torch::empty({kFloats}).data_ptr();
  EXPECT_EQ(torch::empty({kFloats}).data_ptr(), first);
  EXPECT_EQ(memory.statistics().num_taken, 2);
  EXPECT_EQ(memory.statistics().num_system_requests, 1);
}

TEST(RecycledMemory, TakesNothingOutsideOfItsScopesNorFromOtherThreads) {
  RecycledMemory memory;
  const Tensor before = torch::zeros({kFloats});
  const RecycledMemory::Scope scope(memory);
  std::thread([] { torch::zeros({kFloats}); }).join();
  EXPECT_EQ(memory.statistics().num_taken, 0);
}

TEST(RecycledMemory, ServesABackwardPass) {
  RecycledMemory memory;
  Tensor x = torch::ones({kFloats});
  x.requires_grad_();
  const auto run = [&] {
    const RecycledMemory::Scope scope(memory);
    (x.exp() * x.sin()).sum().backward();
    x.mutable_grad() = Tensor();
  };
  run();
  const std::int64_t requests = memory.statistics().num_system_requests;
  const std::int64_t taken = memory.statistics().num_taken;
  run();
  EXPECT_GT(memory.statistics().num_taken, taken);
  EXPECT_EQ(memory.statistics().num_system_requests, requests);
}

TEST(RecycledMemory, GivesBackWhatAScopeNeverNeeded) {
  RecycledMemory memory;
  {
    const RecycledMemory::Scope scope(memory);
    const Tensor large = torch::empty({10 * kFloats});
    const Tensor small = torch::empty({kFloats});
  }
  const std::int64_t after_first = memory.statistics().idle_bytes;
  EXPECT_GE(after_first, 11 * kFloats * 4);
  {
    const RecycledMemory::Scope scope(memory);
    torch::empty({kFloats});
  }
  EXPECT_GE(memory.statistics().idle_bytes, kFloats * 4);
  EXPECT_LT(memory.statistics().idle_bytes, 2 * kFloats * 4);
}

TEST(RecycledMemory, KeepsNoMoreThanItMay) {
  RecycledMemory memory(/*max_idle_bytes=*/kFloats * 4);
  const RecycledMemory::Scope scope(memory);
  torch::empty({2 * kFloats});
  EXPECT_EQ(memory.statistics().idle_bytes, 0);
}

TEST(RecycledMemory, TensorsOutliveItAndMayEndInAnotherThread) {
  Tensor kept;
  {
    RecycledMemory memory;
    const RecycledMemory::Scope scope(memory);
    kept = torch::full({kFloats}, 3.0);
  }
  EXPECT_EQ(kept.sum().item<double>(), 3.0 * kFloats);
  std::thread([kept = std::move(kept)]() mutable { kept = Tensor(); }).join();
}

TEST(RecycledMemory, BlocksAreAlignedAndLargeEnough) {
  RecycledMemory memory;
  const RecycledMemory::Scope scope(memory);
  for (const std::int64_t size : {1, 15, 16, 17, 129, 1000, 1025, 4097, 65535}) {
    Tensor numbers = torch::full({size}, 1.0);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.data_ptr()) % 64, 0u) << size;
    EXPECT_EQ(numbers.sum().item<double>(), static_cast<double>(size));
  }
}

}  // namespace
}  // namespace foresight
