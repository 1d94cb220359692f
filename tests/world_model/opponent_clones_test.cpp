#include "world_model/tdmpc2/opponent_clones.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "world_model/small_models.h"

namespace foresight {
namespace {

WorldModel model_with(std::int64_t num_opponents, const char* heads = "joint") {
  Tdmpc2ModelConfig config;
  config.policy_heads = heads;
  config.num_opponents = num_opponents;
  return noisy_model(config, 3);
}

Tensor latents(at::IntArrayRef shape) {
  Rng rng(4, "latents");
  return random_normal(shape, rng);
}

TEST(OpponentClones, EachRowIsAnsweredByItsOwnClone) {
  for (const char* heads : {"joint", "separate"}) {
    const WorldModel model = model_with(3, heads);
    const Tensor z = latents({2, 4, 16});
    const Tensor ids = torch::tensor({{0, 2, 1, 2}, {1, 1, 0, 2}}, torch::kLong);
    const Tensor actions = model.opponents().act(z, ids);
    ASSERT_EQ(actions.sizes(), (std::vector<std::int64_t>{2, 4, kSmallAction}));
    EXPECT_FALSE(actions.requires_grad());
    for (std::int64_t k = 0; k < 3; ++k) {
      const Tensor expected = model.opponents().mean_action(k, z).detach();
      const Tensor mask = (ids == k).unsqueeze(-1);
      EXPECT_TRUE(is_close(actions * mask, expected * mask, 1e-6)) << k;
    }
  }
}

TEST(OpponentClones, AnswerAlikeByGroupsAndByMasks) {
  const torch::NoGradGuard no_grad;
  const WorldModel model = model_with(3);
  const Tensor rows = latents({7, 16});
  const Tensor ids = torch::tensor({0, 2, 2, 0, 2, 0, 0}, torch::kLong);  // nobody plays 1
  EXPECT_TRUE(is_close(model.opponents().act_by_masks(rows, ids),
                       model.opponents().act_by_groups(rows, ids), 1e-6));
}

TEST(OpponentClones, StartDifferentFromEachOther) {
  Tdmpc2ModelConfig config;
  config.num_opponents = 2;
  const WorldModel model = small_model(config, 3);
  const Tensor z = latents({5, 16});
  EXPECT_FALSE(
      torch::equal(model.opponents().mean_action(0, z), model.opponents().mean_action(1, z)));
}

TEST(OpponentClones, ChangeWhatTheDynamicsForesee) {
  const WorldModel model = model_with(2);
  const torch::NoGradGuard no_grad;
  const Tensor z = latents({5, 16}).softmax(-1);
  const Tensor action = latents({5, kSmallAction}).tanh();
  const Tensor zeros = torch::zeros({5}, torch::kLong);
  const Tensor first = model.next_against(z, action, zeros);
  EXPECT_TRUE(is_close(first, model.next(z, action, model.opponents().mean_action(0, z)), 1e-6));
  EXPECT_FALSE(is_close(model.next_against(z, action, zeros + 1), first, 1e-3));
  EXPECT_TRUE(has_same_bits(model.next_against(z, action, {}),
                            model.next(z, action, torch::zeros_like(action))));
}

TEST(OpponentClones, TakeNoGradientFromTheDynamics) {
  const WorldModel model = model_with(1);
  const Tensor z = latents({5, 16});
  const Tensor next =
      model.next_against(z, torch::zeros({5, kSmallAction}), torch::zeros({5}, torch::kLong));
  next.square().sum().backward();
  EXPECT_GT(model.model_parameters().flat_gradient().abs().sum().item<float>(), 0.0f);
  EXPECT_EQ(model.opponents().parameters(0).flat_gradient().abs().sum().item<float>(), 0.0f);
}

TEST(OpponentClones, AreNamedAmongTheTensorsAndNetworks) {
  const auto num_named = [](const WorldModel& model) {
    int count = 0;
    model.for_each_tensor([&](const std::string& name, const Tensor&) {
      count += name.starts_with("opponent") ? 1 : 0;
    });
    const auto networks = model.networks();
    return std::pair{count, std::ranges::count_if(networks, [](const auto& network) {
                       return network.name.starts_with("opponent");
                     })};
  };
  EXPECT_EQ(num_named(model_with(0)), (std::pair<int, std::ptrdiff_t>{0, 0}));
  const WorldModel model = model_with(2);
  const auto per_clone = static_cast<int>(model.opponents().parameters(0).entries().size());
  EXPECT_EQ(num_named(model), (std::pair<int, std::ptrdiff_t>{2 * per_clone, 2}));
}

}  // namespace
}  // namespace foresight
