#include "replay/episode_weights.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace foresight {
namespace {

TEST(EpisodeWeights, FindsTheEpisodeByItsShareOfTheRunningSums) {
  EpisodeWeights weights;
  weights.reset(5);
  weights.push(2, 1.0);   // [0, 2)
  weights.push(0, 9.0);   // no slice
  weights.push(3, 0.5);   // [2, 3.5)
  weights.push(10, 0.0);  // no priority
  weights.push(1, 4.0);   // [3.5, 7.5)
  EXPECT_EQ(weights.total(), 7.5);
  EXPECT_EQ(weights.smallest_priority(), 0.5);
  EXPECT_EQ(weights.find(0.0), 5);
  EXPECT_EQ(weights.find(1.99), 5);
  EXPECT_EQ(weights.find(2.0), 7);
  EXPECT_EQ(weights.find(3.49), 7);
  EXPECT_EQ(weights.find(3.5), 9);
  EXPECT_EQ(weights.find(7.49), 9);
  EXPECT_EQ(weights.find(7.5), 9);  // a product that was rounded up
}

TEST(EpisodeWeights, ForgetsWhatLeavesTheWindow) {
  EpisodeWeights weights;
  weights.reset(0);
  for (int i = 0; i < 6; ++i) weights.push(1, 1.0 + i);
  weights.drop_before(4);
  EXPECT_EQ(weights.first(), 4);
  EXPECT_EQ(weights.total(), 11.0);
  EXPECT_EQ(weights.smallest_priority(), 5.0);
  EXPECT_EQ(weights.find(4.9), 4);
  EXPECT_THROW(weights.set(3, 1, 1.0), ContractViolation);
  weights.drop_before(9);
  EXPECT_EQ(weights.first(), 9);
  EXPECT_EQ(weights.end(), 9);
  EXPECT_EQ(weights.total(), 0.0);
  EXPECT_TRUE(std::isinf(weights.smallest_priority()));
  EXPECT_THROW(weights.find(0.0), ContractViolation);
}

TEST(EpisodeWeights, RefusesAPriorityThatIsNoNumber) {
  EpisodeWeights weights;
  weights.reset(0);
  EXPECT_THROW(weights.push(1, std::nan("")), ContractViolation);
}

// A window that has slid and grown for long and a fresh one over the same episodes: equal bits.
TEST(EpisodeWeights, RoundAlikeHoweverTheWindowCameToBe) {
  Rng rng(1, "weights");
  EpisodeWeights slid;
  slid.reset(0);
  std::vector<double> priorities;
  for (int i = 0; i < 3000; ++i) {
    priorities.push_back(rng.uniform());
    slid.push(7, priorities.back());
    if (i % 3 > 0 && slid.end() - slid.first() > 1) slid.drop_before(slid.first() + 1);
    if (i % 500 != 499) continue;
    EpisodeWeights fresh;
    fresh.reset(slid.first());
    for (std::int64_t number = slid.first(); number < slid.end(); ++number) {
      fresh.push(7, priorities[static_cast<std::size_t>(number)]);
    }
    ASSERT_EQ(slid.total(), fresh.total()) << i;
    ASSERT_EQ(slid.smallest_priority(), fresh.smallest_priority()) << i;
    for (int draw = 0; draw < 1000; ++draw) {
      const double point = rng.uniform() * fresh.total();
      ASSERT_EQ(slid.find(point), fresh.find(point)) << i;
    }
  }
  EXPECT_GT(slid.end() - slid.first(), 900);
}

}  // namespace
}  // namespace foresight
