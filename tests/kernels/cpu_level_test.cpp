#include "kernels/simd/cpu_level.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace foresight {
namespace {

TEST(CpuLevel, PlainCodeRunsOnEveryMachine) {
  const auto levels = available_cpu_levels();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.front(), CpuLevel::kPlain);
}

TEST(CpuLevel, TheChosenLevelIsAvailable) {
  const auto levels = available_cpu_levels();
  EXPECT_NE(std::find(levels.begin(), levels.end(), cpu_level()), levels.end());
}

TEST(CpuLevel, NamesAreThoseOfTheEnvironmentVariable) {
  EXPECT_EQ(name_of(CpuLevel::kPlain), "plain");
  EXPECT_EQ(name_of(CpuLevel::kAvx2), "avx2");
  EXPECT_EQ(name_of(CpuLevel::kAvx512), "avx512");
}

}  // namespace
}  // namespace foresight
