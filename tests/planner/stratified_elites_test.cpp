#include "planner/stratified_elites.h"

#include <gtest/gtest.h>

#include <vector>

#include "nn/tensors.h"
#include "planner/mppi.h"

namespace foresight {
namespace {

std::vector<std::int64_t> counts_of(const Tensor& ids, std::int64_t num_opponents) {
  std::vector<std::int64_t> counts;
  for (std::int64_t k = 0; k < num_opponents; ++k) {
    counts.push_back((ids == k).sum().item<std::int64_t>());
  }
  return counts;
}

TEST(AssignOpponents, SharesThemOutWithTheRemainderToTheFirst) {
  Rng rng(1, "assign");
  const Tensor ids = assign_opponents(4, 11, 3, rng);
  ASSERT_EQ(ids.sizes(), (std::vector<std::int64_t>{4, 11}));
  for (const Tensor& row : ids.unbind(0)) {
    EXPECT_EQ(counts_of(row, 3), (std::vector<std::int64_t>{4, 4, 3}));
  }
}

TEST(AssignOpponents, FewerRowsThanOpponentsGetTheFirstOnes) {
  Rng rng(1, "assign");
  EXPECT_EQ(counts_of(assign_opponents(1, 2, 3, rng), 3), (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(assign_opponents(2, 0, 3, rng).numel(), 0);
}

TEST(AssignOpponents, EveryPlaceGetsEveryOpponentAlikeOften) {
  Rng rng(2, "assign");
  constexpr std::int64_t kPlans = 3000;
  const Tensor share = (assign_opponents(kPlans, 4, 2, rng) == 1).to(torch::kDouble).mean(0);
  EXPECT_TRUE(is_close(share, torch::full({4}, 0.5, torch::kDouble), 0.04));
}

TEST(StratifiedElites, StandardiseWithinEachGroup) {
  Rng rng(3, "values");
  const Tensor value = 10.0 * random_normal({1, 9}, rng) + 100.0;
  const Tensor ids = torch::tensor({{0, 1, 2, 0, 1, 2, 0, 1, 2}}, torch::kLong);
  const StratifiedElites elites = stratified_elites(value, ids, 3, 3);
  for (std::int64_t k = 0; k < 3; ++k) {
    const Tensor group = value.slice(1, k, 9, 3);
    const Tensor expected = (group - group.mean()) / group.std(/*unbiased=*/true);
    EXPECT_TRUE(is_close(elites.standardised.slice(1, k, 9, 3), expected, 1e-5)) << k;
  }
}

TEST(StratifiedElites, TakeTheBestOfEachGroupTheFirstGroupsOneMore) {
  // The games against opponent 1 are all worse than the worst against opponent 0.
  const Tensor value = torch::tensor({{9.0f, -5.0f, 7.0f, -9.0f, 8.0f, -7.0f, 6.0f, -6.0f}});
  const Tensor ids = torch::tensor({{0, 1, 0, 1, 0, 1, 0, 1}}, torch::kLong);
  const StratifiedElites elites = stratified_elites(value, ids, 2, 5);
  EXPECT_TRUE(elites.index.equal(torch::tensor({{0, 4, 2, 1, 7}}, torch::kLong)));
  EXPECT_TRUE(elites.score.equal(elites.standardised.gather(1, elites.index)));
}

TEST(StratifiedElites, AGroupOfEqualValuesCountsAsAverage) {
  const Tensor value = torch::tensor({{3.0f, 1.0f, 3.0f, 2.0f, 3.0f, 0.0f}});
  const Tensor ids = torch::tensor({{0, 1, 0, 1, 0, 1}}, torch::kLong);
  const StratifiedElites elites = stratified_elites(value, ids, 2, 2);
  EXPECT_TRUE(elites.score.equal(torch::tensor({{0.0f, 1.0f}})));
}

TEST(StratifiedElites, EnvironmentsDoNotTouchEachOther) {
  Rng rng(4, "values");
  const Tensor value = random_normal({3, 12}, rng);
  const Tensor ids = assign_opponents(3, 12, 2, rng);
  const StratifiedElites together = stratified_elites(value, ids, 2, 6);
  for (std::int64_t env = 0; env < 3; ++env) {
    const auto alone = stratified_elites(value.narrow(0, env, 1), ids.narrow(0, env, 1), 2, 6);
    EXPECT_TRUE(alone.index.equal(together.index.narrow(0, env, 1)));
    EXPECT_TRUE(is_close(together.score.narrow(0, env, 1), alone.score, 1e-6));
  }
}

TEST(MppiDraws, OpponentsComeAfterAllOtherNumbers) {
  MppiConfig config;
  config.num_samples = 20;
  config.num_elites = 4;
  config.num_policy_samples = 5;
  MppiDrawShape shape{.num_envs = 2, .action_dim = 3, .explore = true};
  Rng plain_rng(5, "draws"), rng(5, "draws");
  const MppiDraws plain = draw_mppi(config, shape, plain_rng);
  shape.num_opponents = 3;
  const MppiDraws draws = draw_mppi(config, shape, rng);
  EXPECT_FALSE(plain.opponents.samples.defined());
  EXPECT_TRUE(has_same_bits(plain.policy_eps, draws.policy_eps));
  EXPECT_TRUE(has_same_bits(plain.noise, draws.noise));
  EXPECT_TRUE(has_same_bits(plain.exponential, draws.exponential));
  EXPECT_TRUE(has_same_bits(plain.final_noise, draws.final_noise));
  EXPECT_EQ(draws.opponents.proposals.sizes(), (std::vector<std::int64_t>{2, 5}));
  EXPECT_EQ(draws.opponents.samples.sizes(), (std::vector<std::int64_t>{2, 20}));
}

}  // namespace
}  // namespace foresight
