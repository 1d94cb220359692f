#include "selfplay/copy_pool.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "selfplay/weighted_choice.h"

namespace foresight {
namespace {

SelfplayConfig config_with(const std::string& draw) {
  SelfplayConfig config;
  config.draw = draw;
  config.win_rate_games = 1'000'000'000;  // nothing fades: rates are fractions of small numbers
  return config;
}

// Three copies against which the learner has the win rates 3/4, 1/2 and 1/4.
CopyPool three_copies(const SelfplayConfig& config) {
  CopyPool pool(config, "selfplay");
  for (int i = 0; i < 3; ++i) pool.add(100 * i);
  for (int i = 0; i < 2; ++i) {
    pool.note_result("self/copy_0001", 1.0);  // (1 + 2) / (2 + 2)
    pool.note_result("self/copy_0002", 0.5);
    pool.note_result("self/copy_0003", 0.0);
  }
  return pool;
}

void expect_weights(const CopyPool& pool, const std::vector<double>& expected) {
  const auto weights = pool.weights();
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(weights[i], expected[i], 1e-8) << i;
}

TEST(CopyPool, WeighsUniformly) { expect_weights(three_copies(config_with("uniform")), {1, 1, 1}); }

TEST(CopyPool, WeighsTheNewestOnly) {
  expect_weights(three_copies(config_with("newest")), {0, 0, 1});
}

TEST(CopyPool, WeighsEvenOpponentsByPTimesOneMinusP) {
  expect_weights(three_copies(config_with("even")), {3.0 / 16, 1.0 / 4, 3.0 / 16});
}

TEST(CopyPool, WeighsHardOpponentsByAPowerOfOneMinusP) {
  SelfplayConfig config = config_with("hard");
  expect_weights(three_copies(config), {1.0 / 16, 1.0 / 4, 9.0 / 16});
  config.hardness = 1.0;
  expect_weights(three_copies(config), {1.0 / 4, 1.0 / 2, 3.0 / 4});
  config.hardness = 0.0;
  expect_weights(three_copies(config), {1, 1, 1});
}

TEST(CopyPool, DrawsAsOftenAsItWeighs) {
  const CopyPool pool = three_copies(config_with("hard"));
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < 14000; ++seed) ++count[pool.draw(seed)];
  // Shares 1, 4 and 9 of 14, give or take four standard deviations (at most 58).
  EXPECT_NEAR(count["self/copy_0001"], 1000, 130);
  EXPECT_NEAR(count["self/copy_0002"], 4000, 220);
  EXPECT_NEAR(count["self/copy_0003"], 9000, 240);
}

TEST(CopyPool, DrawsTheSameForTheSameSeed) {
  const CopyPool pool = three_copies(config_with("uniform"));
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(pool.draw(seed), pool.draw(seed));
}

TEST(CopyPool, TakesTheFirstCopyAtTheGivenEpisode) {
  SelfplayConfig config;
  config.begin_episode = 3000;
  const CopyPool pool(config, "selfplay");
  EXPECT_FALSE(pool.is_due(2999));
  EXPECT_TRUE(pool.is_due(3000));
}

TEST(CopyPool, TakesFurtherCopiesByCountFromTheLastOne) {
  SelfplayConfig config;
  config.begin_episode = 10;
  config.copy_every_episodes = 50;
  CopyPool pool(config, "selfplay");
  EXPECT_EQ(pool.add(12), "self/copy_0001");
  EXPECT_FALSE(pool.is_due(61));
  EXPECT_TRUE(pool.is_due(62));
  EXPECT_EQ(pool.add(63), "self/copy_0002");
  EXPECT_FALSE(pool.is_due(112));
  EXPECT_TRUE(pool.is_due(113));
}

TEST(CopyPool, TakesNoFurtherCopyWhereNeitherCountNorMarginIsGiven) {
  SelfplayConfig config;
  config.begin_episode = 0;
  config.copy_every_episodes = 0;
  CopyPool pool(config, "selfplay");
  EXPECT_TRUE(pool.is_due(0));
  pool.add(0);
  for (int i = 0; i < 1000; ++i) pool.note_result("self/copy_0001", 1.0);
  EXPECT_FALSE(pool.is_due(1'000'000));
}

TEST(CopyPool, TakesACopyWhenThePoolIsBeatenByTheMargin) {
  SelfplayConfig config = config_with("uniform");
  config.begin_episode = 0;
  config.copy_every_episodes = 0;
  config.copy_margin = 0.2;
  config.margin_games = 5;
  CopyPool pool(config, "selfplay");
  pool.add(0);
  for (int i = 0; i < 4; ++i) pool.note_result("self/copy_0001", 1.0);
  // 5/6 after four games: beaten, but too few games.
  EXPECT_FALSE(pool.is_due(10));
  pool.note_result("self/copy_0001", 0.0);
  // 5/7 = 0.714 after five.
  EXPECT_TRUE(pool.is_due(10));
  pool.note_result("self/copy_0001", 0.0);
  // 5/8 = 0.625.
  EXPECT_FALSE(pool.is_due(10));

  for (int i = 0; i < 3; ++i) pool.note_result("self/copy_0001", 1.0);  // 8/11
  EXPECT_TRUE(pool.is_due(10));
  pool.add(10);
  // The games are counted anew, and the mean is over both copies.
  EXPECT_NEAR(pool.win_rate_against_pool(), (8.0 / 11 + 0.5) / 2, 1e-7);
  for (int i = 0; i < 20; ++i) pool.note_result("self/copy_0001", 1.0);  // 28/31
  EXPECT_NEAR(pool.win_rate_against_pool(), (28.0 / 31 + 0.5) / 2, 1e-7);
  EXPECT_TRUE(pool.is_due(11));
}

TEST(CopyPool, CountsGamesAgainstCopiesOnlyForTheMargin) {
  SelfplayConfig config;
  config.begin_episode = 0;
  config.copy_every_episodes = 0;
  config.copy_margin = 0.1;
  config.margin_games = 3;
  CopyPool pool(config, "selfplay");
  pool.add(0);
  pool.note_result("self/copy_0001", 1.0);
  for (int i = 0; i < 10; ++i) pool.note_result("weak", 1.0);
  EXPECT_FALSE(pool.is_due(1));
  EXPECT_EQ(pool.state().games_since_copy, 1);
  EXPECT_GT(pool.win_rates().rate("weak"), 0.9);
}

TEST(CopyPool, LosesTheOldestWhenItIsFull) {
  SelfplayConfig config = config_with("uniform");
  config.pool_size = 2;
  CopyPool pool(config, "selfplay");
  for (int i = 0; i < 3; ++i) pool.add(i);
  EXPECT_EQ(pool.names(), (std::vector<std::string>{"self/copy_0002", "self/copy_0003"}));
  EXPECT_FALSE(pool.contains("self/copy_0001"));
}

TEST(CopyPool, LosesTheEasiestWhenItIsFull) {
  SelfplayConfig config = config_with("uniform");
  config.pool_size = 3;
  config.evict = "easiest";
  CopyPool pool = three_copies(config);
  pool.note_result("self/copy_0002", 1.0);
  pool.note_result("self/copy_0002", 1.0);
  pool.note_result("self/copy_0002", 1.0);  // (1 + 1 + 3) / (2 + 5) = 0.71, below copy 1's 0.75
  pool.add(300);
  EXPECT_EQ(pool.names(),
            (std::vector<std::string>{"self/copy_0002", "self/copy_0003", "self/copy_0004"}));
  // Its rate went with it.
  EXPECT_EQ(pool.win_rates().rate("self/copy_0001"), 0.5);
}

TEST(CopyPool, LosesTheOldestOfThoseThatAreEquallyEasy) {
  SelfplayConfig config = config_with("uniform");
  config.pool_size = 2;
  config.evict = "easiest";
  CopyPool pool(config, "selfplay");
  for (int i = 0; i < 3; ++i) pool.add(i);
  EXPECT_EQ(pool.names(), (std::vector<std::string>{"self/copy_0002", "self/copy_0003"}));
}

TEST(CopyPool, DoesNotCountAGameAgainstACopyThatHasLeft) {
  SelfplayConfig config = config_with("uniform");
  config.pool_size = 1;
  CopyPool pool(config, "selfplay");
  pool.add(0);
  pool.add(1);
  pool.note_result("self/copy_0001", 1.0);
  EXPECT_FALSE(pool.win_rates().state().contains("self/copy_0001"));
  EXPECT_EQ(pool.win_rate_against_pool(), 0.5);
}

TEST(CopyPool, NamesTheFoldersOfItsCopies) {
  CopyPool pool(SelfplayConfig{}, "runs/x/selfplay");
  const std::string name = pool.add(0);
  EXPECT_EQ(pool.folder_of(name), "runs/x/selfplay/copy_0001");
  EXPECT_TRUE(CopyPool::is_copy(name));
  EXPECT_FALSE(CopyPool::is_copy("strong"));
  EXPECT_THROW(pool.folder_of("strong"), ContractViolation);
}

TEST(CopyPool, GoesOnFromItsState) {
  SelfplayConfig config = config_with("hard");
  config.pool_size = 3;
  CopyPool pool = three_copies(config);
  CopyPool again(config, "selfplay");
  again.set_state(pool.state());
  for (CopyPool* each : {&pool, &again}) {
    each->note_result("self/copy_0003", 1.0);
    each->add(777);
  }
  EXPECT_EQ(pool.names(), again.names());
  EXPECT_EQ(pool.weights(), again.weights());
  EXPECT_EQ(pool.state().last_copy_episode, 777);
  EXPECT_EQ(again.state().last_copy_episode, 777);
  for (std::uint64_t seed = 0; seed < 50; ++seed) EXPECT_EQ(pool.draw(seed), again.draw(seed));
}

TEST(CopyPool, RefusesAStateThatCannotBe) {
  CopyPool pool(SelfplayConfig{}, "selfplay");
  for (const std::vector<std::int64_t>& numbers :
       std::vector<std::vector<std::int64_t>>{{2, 1}, {1, 1}, {0, 1}, {4}}) {
    EXPECT_THROW(pool.set_state({.numbers = numbers, .num_copies = 3, .win_rates = {}}), Error);
  }
}

TEST(ChooseByWeight, TakesNobodyWithoutWeight) {
  Rng rng(1, "test");
  const std::vector<double> weights{0.0, 2.0, 0.0, 1.0, 0.0};
  std::map<std::size_t, int> count;
  for (int i = 0; i < 3000; ++i) ++count[choose_by_weight(weights, rng)];
  EXPECT_EQ(count.size(), 2u);
  EXPECT_NEAR(count[1], 2000, 110);
}

TEST(ChooseByWeight, IsUniformWhereAllWeightsAreZero) {
  Rng rng(1, "test");
  const std::vector<double> weights(3, 0.0);
  std::map<std::size_t, int> count;
  for (int i = 0; i < 3000; ++i) ++count[choose_by_weight(weights, rng)];
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(count[k], 1000, 110);
}

TEST(ChooseByWeight, RefusesNothingAndNegativeWeights) {
  Rng rng(1, "test");
  EXPECT_THROW(choose_by_weight({}, rng), ContractViolation);
  const std::vector<double> weights{2.0, -1.0};
  EXPECT_THROW(choose_by_weight(weights, rng), ContractViolation);
}

}  // namespace
}  // namespace foresight
