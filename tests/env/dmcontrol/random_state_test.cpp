#include "env/dmcontrol/random_state.h"

#include <gtest/gtest.h>

namespace foresight {
namespace {

// Expected numbers: numpy 2.4.6, RandomState(7), uniform(), uniform(-2, 3), three randn(),
// uniform().
TEST(RandomState, DrawsAsNumpyDoes) {
  RandomState random(7);
  EXPECT_EQ(random.uniform(), 0.07630828937395717);
  EXPECT_EQ(random.uniform(-2.0, 3.0), 1.8995939612005732);
  EXPECT_EQ(random.normal(), 1.690525703800356);
  EXPECT_EQ(random.normal(), -0.4659373705408328);
  EXPECT_EQ(random.normal(), 0.0328201636785844);
  EXPECT_EQ(random.uniform(), 0.5011204636599379);
}

}  // namespace
}  // namespace foresight
