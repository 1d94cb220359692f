#include "kernels/elu/elu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/random_floats.h"

namespace foresight {
namespace {

class EluTest : public testing::TestWithParam<CpuLevel> {};

// Every length of a tail, and more than a piece.
TEST_P(EluTest, IsTheFunctionAndItsSlope) {
  ThreadTeam team(2);
  for (const std::int64_t size : {0, 1, 3, 17, 31, 100, 40000}) {
    const std::vector<float> x = normal_floats(size, 1, 3.0f);
    const std::vector<float> grad_y = normal_floats(size, 2);
    std::vector<float> y = x;
    std::vector<float> grad_x(x.size(), NAN);
    elu_forward(y.data(), size, GetParam(), team);
    elu_backward(y.data(), grad_y.data(), grad_x.data(), size, GetParam(), team);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_NEAR(y[i], x[i] > 0.0f ? x[i] : std::expm1(double{x[i]}), 3e-7);
      const double slope = x[i] > 0.0f ? 1.0 : std::exp(double{x[i]});
      ASSERT_NEAR(grad_x[i], grad_y[i] * slope, 1e-6);
    }
  }
}

TEST_P(EluTest, KeepsItsEndsAndPassesNanOn) {
  ThreadTeam team(1);
  std::vector<float> x{0.0f, -1e30f, 1e30f, std::numeric_limits<float>::quiet_NaN()};
  elu_forward(x.data(), std::ssize(x), GetParam(), team);
  EXPECT_EQ(x[0], 0.0f);
  EXPECT_EQ(x[1], -1.0f);
  EXPECT_EQ(x[2], 1e30f);
  EXPECT_TRUE(std::isnan(x[3]));
}

INSTANTIATE_TEST_SUITE_P(AllLevels, EluTest, testing::ValuesIn(available_cpu_levels()),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace foresight
