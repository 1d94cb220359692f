#include <gtest/gtest.h>

#include "nn/tensors.h"
#include "planner/mppi.h"

namespace foresight {
namespace {

MppiConfig small_config() {
  MppiConfig config;
  config.horizon = 3;
  config.num_samples = 20;
  config.num_elites = 5;
  config.num_policy_samples = 4;
  config.iterations = 2;
  return config;
}

TEST(MppiDraws, HaveTheShapesThatAPlanNeeds) {
  Rng rng(1, "draws");
  const MppiDraws draws = draw_mppi(small_config(),
                                    {.num_envs = 6,
                                     .action_dim = 2,
                                     .num_q = 5,
                                     .sample_terminal_action = true,
                                     .explore = true,
                                     .dropout = 0.5,
                                     .dropout_dim = 7},
                                    rng);
  EXPECT_EQ(draws.policy_eps.sizes(), at::IntArrayRef({3, 6, 4, 2}));
  EXPECT_EQ(draws.noise.sizes(), at::IntArrayRef({2, 3, 6, 16, 2}));
  EXPECT_EQ(draws.exponential.sizes(), at::IntArrayRef({6, 5}));
  EXPECT_EQ(draws.final_noise.sizes(), at::IntArrayRef({6, 2}));
  ASSERT_EQ(draws.score.size(), 2u);
  EXPECT_EQ(draws.score[1].policy_eps.sizes(), at::IntArrayRef({6, 20, 2}));
  EXPECT_EQ(draws.score[1].dropout_mask.sizes(), at::IntArrayRef({2, 120, 7}));
  EXPECT_FALSE(torch::equal(draws.score[0].policy_eps, draws.score[1].policy_eps));
}

TEST(MppiDraws, LeaveOutWhatIsNotUsed) {
  Rng rng(1, "draws");
  const MppiDraws draws =
      draw_mppi(small_config(), {.action_dim = 2, .sample_terminal_action = false}, rng);
  EXPECT_FALSE(draws.final_noise.defined());
  EXPECT_FALSE(draws.score[0].policy_eps.defined());
  EXPECT_FALSE(draws.score[0].dropout_mask.defined());
}

TEST(MppiDraws, AreTheSameFromTheSameStream) {
  Rng first(2, "draws");
  Rng second(2, "draws");
  const MppiDraws a = draw_mppi(small_config(), {.num_envs = 3, .explore = true}, first);
  const MppiDraws b = draw_mppi(small_config(), {.num_envs = 3, .explore = true}, second);
  EXPECT_TRUE(has_same_bits(a.noise, b.noise));
  EXPECT_TRUE(has_same_bits(a.final_noise, b.final_noise));
  EXPECT_EQ(first.state(), second.state());
  EXPECT_FALSE(torch::equal(draw_mppi(small_config(), {.num_envs = 3}, first).noise, a.noise));
}

TEST(MppiDraws, PickTwoDifferentMembersEachPairAlikeOften) {
  MppiConfig config = small_config();
  config.num_samples = 2;
  config.num_policy_samples = 0;
  config.iterations = 1000;
  Rng rng(3, "draws");
  Tensor count = torch::zeros({4, 4}, torch::kLong);
  for (const ScoreDraws& score : draw_mppi(config, {.num_q = 4}, rng).score) {
    const auto first = score.q_pair[0].item<std::int64_t>();
    const auto second = score.q_pair[1].item<std::int64_t>();
    count[first][second] += 1;
  }
  // 1000 draws over 12 ordered pairs: 83 each, standard deviation 9.
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      const auto found = count[i][j].item<std::int64_t>();
      EXPECT_NEAR(static_cast<double>(found), i == j ? 0.0 : 83.0, i == j ? 0.0 : 40.0);
    }
  }
}

TEST(MppiDraws, DropoutKeepsItsShareAndScalesIt) {
  Rng rng(4, "draws");
  const MppiDraws draws =
      draw_mppi(small_config(), {.num_envs = 50, .dropout = 0.25, .dropout_dim = 16}, rng);
  const Tensor& mask = draws.score[0].dropout_mask;
  const Tensor kept = mask > 0;
  EXPECT_NEAR(kept.to(torch::kFloat32).mean().item<double>(), 0.75, 0.01);
  EXPECT_TRUE(is_close(mask.masked_select(kept),
                       torch::full({kept.sum().item<std::int64_t>()}, 1.0f / 0.75f), 1e-6));
}

}  // namespace
}  // namespace foresight
