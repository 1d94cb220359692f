// Tests that need a CUDA device; without one they are skipped, and say so.
#pragma once

#include <gtest/gtest.h>
#include "nn/torch.h"

namespace foresight {

class OnCuda : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device here";
  }
};

}  // namespace foresight
