// Numbers printed by numpy 2.4.6: default_rng(seed).random(3), and uniform() after seed(42).
#include "env/hockey/numpy_rng.h"

#include <gtest/gtest.h>

#include <array>
#include <numbers>

namespace foresight {
namespace {

void expect_stream(std::uint64_t seed, std::array<double, 3> expected) {
  NumpyGenerator generator(seed);
  for (const double value : expected) EXPECT_EQ(generator.next_double(), value) << seed;
}

TEST(NumpyGenerator, DrawsWhatNumpyDrawsFromTheSameSeed) {
  expect_stream(0, {0.6369616873214543, 0.2697867137638703, 0.04097352393619469});
  expect_stream(42, {0.7739560485559633, 0.4388784397520523, 0.8585979199113825});
  expect_stream(12345, {0.22733602246716966, 0.31675833970975287, 0.7973654573327341});
}

TEST(NumpyGenerator, TakesSeedsOfMoreThanThirtyTwoBits) {
  expect_stream((std::uint64_t{1} << 40) + 5,
                {0.004739459374490829, 0.3725845824112115, 0.5872294266977701});
}

TEST(NumpyLegacyRandom, DrawsWhatTheGlobalGeneratorDraws) {
  NumpyLegacyRandom random(42);
  EXPECT_EQ(random.uniform(0, std::numbers::pi), 1.176652485845522);
  EXPECT_EQ(random.uniform(0, 0.2), 0.19014286128198324);
  EXPECT_EQ(random.uniform(0, 0.2), 0.146398788362281);
}

}  // namespace
}  // namespace foresight
