#include "nn/team_draws.h"

#include <gtest/gtest.h>

#include "nn/torch.h"

namespace foresight {
namespace {

// More than one part for the threads, and a rest.
constexpr std::int64_t kCount = 3 * 4096 + 77;

TEST(TeamDraws, MasksAreWhatOneThreadWouldDraw) {
  Rng rng(1, "masks");
  Rng other(1, "masks");
  rng.next_u32();  // not at the beginning of a block
  other.next_u32();
  const Tensor mask = draw_dropout_mask({kCount}, 0.25, rng);
  std::vector<float> uniform(kCount);
  other.fill_uniform(uniform);
  for (std::int64_t i = 0; i < kCount; ++i) {
    const float expected = uniform[static_cast<std::size_t>(i)] <= 0.75f ? 1.0f / 0.75f : 0.0f;
    ASSERT_EQ(mask[i].item<float>(), expected) << i;
  }
  EXPECT_EQ(rng.next_u32(), other.next_u32());
}

TEST(TeamDraws, MasksKeepTheMean) {
  Rng rng(2, "masks");
  const Tensor mask = draw_dropout_mask({400, 500}, 0.1, rng);
  EXPECT_EQ(mask.sizes(), (at::IntArrayRef{400, 500}));
  EXPECT_NEAR(mask.mean().item<double>(), 1.0, 0.005);
}

TEST(TeamDraws, GumbelNoiseHasItsDistribution) {
  Rng rng(3, "gumbel");
  const Tensor noise = draw_gumbel({1000, 1000}, rng);
  EXPECT_TRUE(noise.isfinite().all().item<bool>());
  EXPECT_LE(noise.max().item<double>(), 17.4);
  EXPECT_NEAR(noise.mean().item<double>(), 0.5772, 0.005);       // Euler's constant
  EXPECT_NEAR(noise.var().item<double>(), 1.6449, 0.02);         // pi^2 / 6
  const Tensor below = (noise < 2.0).to(torch::kDouble).mean();  // exp(-exp(-2))
  EXPECT_NEAR(below.item<double>(), 0.8734, 0.002);
}

// The largest sum with logits is a draw from their softmax.
TEST(TeamDraws, GumbelNoiseDrawsClasses) {
  Rng rng(4, "gumbel");
  const Tensor logits = torch::tensor({0.0f, 1.0f, -2.0f});
  const Tensor chosen = (logits + draw_gumbel({200'000, 3}, rng)).argmax(1);
  const Tensor expected = logits.softmax(0);
  for (int k = 0; k < 3; ++k) {
    const Tensor share = (chosen == k).to(torch::kDouble).mean();
    EXPECT_NEAR(share.item<double>(), expected[k].item<double>(), 0.005) << k;
  }
}

}  // namespace
}  // namespace foresight
