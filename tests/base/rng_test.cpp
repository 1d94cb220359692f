#include "base/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "base/error.h"

namespace foresight {
namespace {

std::vector<std::uint32_t> words(Rng& rng, int count) {
  std::vector<std::uint32_t> result;
  for (int i = 0; i < count; ++i) result.push_back(rng.next_u32());
  return result;
}

// Mean, variance, skewness and excess kurtosis.
struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

Moments moments_of(const std::vector<float>& values) {
  Moments m;
  const auto count = static_cast<double>(values.size());
  for (const float x : values) m.mean += x / count;
  for (const float x : values) m.variance += (x - m.mean) * (x - m.mean) / count;
  for (const float x : values) {
    const double deviation = (x - m.mean) / std::sqrt(m.variance);
    m.skewness += std::pow(deviation, 3) / count;
    m.kurtosis += std::pow(deviation, 4) / count;
  }
  m.kurtosis -= 3;
  return m;
}

// The known answers of DEShawResearch/random123, tests/kat_vectors, philox4x32 10, whose counter
// this class can reach: key and counter 0.
TEST(Rng, GivesTheKnownAnswersOfPhilox) {
  Rng rng(RngState{.key = 0, .stream = 0, .counter = 0});
  EXPECT_EQ(words(rng, 4),
            (std::vector<std::uint32_t>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
}

TEST(Rng, GivesTheSameNumbersForTheSameSeedRoleAndIndex) {
  Rng a(42, "env", 3), b(42, "env", 3);
  EXPECT_EQ(words(a, 100), words(b, 100));
}

TEST(Rng, GivesOtherNumbersForAnotherSeedRoleOrIndex) {
  std::set<std::uint64_t> seen;
  int streams = 0;
  for (const std::uint64_t seed : {0, 1, 2}) {
    for (const std::string_view role : {"env", "agent", "worker", ""}) {
      for (std::uint64_t index = 0; index < 50; ++index, ++streams) {
        seen.insert(Rng(seed, role, index).next_u64());
      }
    }
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(streams));
}

TEST(Rng, GoesOnFromARestoredStateAtAnyWordOfABlock) {
  for (int drawn = 0; drawn < 9; ++drawn) {
    Rng rng(7, "agent");
    words(rng, drawn);
    const RngState state = rng.state();
    EXPECT_EQ(state.counter, static_cast<std::uint64_t>(drawn));
    const auto expected = words(rng, 10);
    EXPECT_EQ(rng.state().counter, static_cast<std::uint64_t>(drawn + 10));
    Rng fresh(state);
    EXPECT_EQ(words(fresh, 10), expected);
    rng.set_state(state);
    EXPECT_EQ(words(rng, 10), expected);
  }
}

TEST(Rng, ForgetsItsBlockWhenAnotherStreamIsRestored) {
  Rng a(1, "a"), b(2, "b");
  words(a, 1);
  const RngState state = b.state();
  const auto expected = words(b, 4);
  a.set_state(state);
  EXPECT_EQ(words(a, 4), expected);
}

TEST(Rng, DrawsUniformNumbersInsideTheirBounds) {
  Rng rng(1, "uniform");
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = rng.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
    const double y = rng.uniform(-2.0, 3.0);
    ASSERT_GE(y, -2.0);
    ASSERT_LT(y, 3.0);
  }
  EXPECT_NEAR(sum / 100000, 0.5, 5 * std::sqrt(1.0 / 12 / 100000));
}

TEST(Rng, DrawsEachIntegerBelowTheBoundEquallyOften) {
  Rng rng(2, "below");
  std::vector<int> count(7);
  for (int i = 0; i < 70000; ++i) ++count.at(rng.below(7));
  double chi_squared = 0;
  for (const int c : count) chi_squared += (c - 10000.0) * (c - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 22.46) << "6 degrees of freedom, p = 0.001";
  EXPECT_EQ(rng.below(1), 0u);
  EXPECT_THROW(rng.below(0), ContractViolation);
}

TEST(Rng, DrawsNormalNumbersWithTheMomentsOfTheNormalDistribution) {
  Rng rng(3, "normal");
  std::vector<float> values(200001);
  rng.fill_normal(values);
  const Moments m = moments_of(values);
  const double root = std::sqrt(static_cast<double>(values.size()));
  // Five standard errors: 1, sqrt(2), sqrt(6) and sqrt(24), each over root.
  EXPECT_NEAR(m.mean, 0.0, 5 * 1.0 / root);
  EXPECT_NEAR(m.variance, 1.0, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(m.skewness, 0.0, 5 * std::sqrt(6.0) / root);
  EXPECT_NEAR(m.kurtosis, 0.0, 5 * std::sqrt(24.0) / root);
}

TEST(Rng, DrawsNeighbouringNormalNumbersWithoutCorrelation) {
  Rng rng(4, "normal");
  std::vector<float> values(200000);
  rng.fill_normal(values);
  double product = 0;
  for (std::size_t i = 0; i + 1 < values.size(); ++i) product += values[i] * values[i + 1];
  EXPECT_NEAR(product / static_cast<double>(values.size()), 0.0, 5 / std::sqrt(200000.0));
}

TEST(Rng, FillsUniformNumbersThatAreNeverZero) {
  Rng rng(5, "fill");
  std::vector<float> values(100000);
  rng.fill_uniform(values);
  for (const float x : values) {
    ASSERT_GT(x, 0.0f);
    ASSERT_LE(x, 1.0f);
  }
  const Moments m = moments_of(values);
  EXPECT_NEAR(m.mean, 0.5, 5 * std::sqrt(1.0 / 12 / 100000));
  EXPECT_NEAR(m.variance, 1.0 / 12, 5 * std::sqrt(1.0 / 180 / 100000));
}

// Wherever a fill begins and ends within the generator's blocks, and whichever part is skipped.
TEST(Rng, FillsAndSkipsAsIfNumbersWereDrawnOneByOne) {
  for (std::size_t begin = 0; begin < 5; ++begin) {
    for (std::size_t size = 0; size < 11; ++size) {
      Rng one_by_one(7, "fill");
      Rng at_once(7, "fill");
      Rng skipping(7, "fill");
      for (std::size_t i = 0; i < begin; ++i) one_by_one.next_u32();
      for (std::size_t i = 0; i < begin; ++i) at_once.next_u32();
      std::vector<float> values(size);
      at_once.fill_uniform(values);
      for (const float value : values) {
        EXPECT_EQ(value, static_cast<float>((one_by_one.next_u32() >> 8) + 1) * 0x1.0p-24f);
      }
      skipping.skip(begin + size);
      const std::uint32_t next = one_by_one.next_u32();
      EXPECT_EQ(at_once.next_u32(), next);
      EXPECT_EQ(skipping.next_u32(), next);
    }
  }
}

TEST(Rng, FillsExponentialNumbersWithMeanAndVarianceOne) {
  Rng rng(6, "fill");
  std::vector<float> values(100000);
  rng.fill_exponential(values);
  for (const float x : values) ASSERT_GE(x, 0.0f);
  const Moments m = moments_of(values);
  EXPECT_NEAR(m.mean, 1.0, 5 / std::sqrt(100000.0));
  EXPECT_NEAR(m.variance, 1.0, 5 * std::sqrt(8.0 / 100000));
}

}  // namespace
}  // namespace foresight
