#include "nn/mlp.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

MlpConfig small_config() { return {.in_dim = 5, .hidden = {8, 6}, .out_dim = 3}; }

struct Built {
  explicit Built(const MlpConfig& config, std::int64_t num_members = 0)
      : mlp(set, "net", config, num_members) {
    Rng rng(1, "mlp");
    set.build(torch::kCPU, true, rng);
    fill_with_noise(set, 0.4f, rng);
  }
  Tensor at(const std::string& name) const {
    for (const auto& entry : set.entries()) {
      if (entry.name == "net." + name) return entry.value;
    }
    throw std::out_of_range(name);
  }
  ParameterSet set;
  Mlp mlp;
};

Tensor rows(at::IntArrayRef shape) {
  Rng rng(2, "rows");
  return random_normal(shape, rng);
}

// Entries 0 or 2, as dropout of one half.
Tensor half_mask(at::IntArrayRef shape) { return 2 * (rows(shape) > 0).to(torch::kFloat32); }

Tensor normed(const Built& net, const std::string& layer, const Tensor& x, std::int64_t width) {
  return torch::layer_norm(x, {width}, net.at(layer + ".norm.weight"), net.at(layer + ".norm.bias"),
                           1e-5);
}

Tensor linear(const Built& net, const std::string& layer, const Tensor& x) {
  return torch::linear(x, net.at(layer + ".weight"), net.at(layer + ".bias"));
}

TEST(SimNorm, EveryGroupSumsToOne) {
  const Tensor y = simnorm(10 * rows({7, 24}), 8);
  EXPECT_TRUE(is_close(y.view({7, 3, 8}).sum(-1), torch::ones({7, 3}), 1e-6));
  EXPECT_GE(y.min().item<float>(), 0.0f);
}

TEST(SimNorm, AGroupDoesNotSeeTheOthers) {
  const Tensor x = rows({1, 16});
  Tensor changed = x.clone();
  changed.narrow(1, 8, 8).add_(rows({1, 8}));
  EXPECT_TRUE(has_same_bits(simnorm(x, 8).narrow(1, 0, 8), simnorm(changed, 8).narrow(1, 0, 8)));
  EXPECT_FALSE(torch::equal(simnorm(x, 8), simnorm(changed, 8)));
}

TEST(Mlp, IsLinearNormMishAndAPlainLastLayer) {
  const Built net(small_config());
  const Tensor x = rows({4, 5});
  Tensor y = torch::mish(normed(net, "0", linear(net, "0", x), 8));
  y = torch::mish(normed(net, "1", linear(net, "1", y), 6));
  EXPECT_TRUE(is_close(net.mlp.forward(net.set, x), linear(net, "2", y), 1e-5));
}

TEST(Mlp, LatentOutputIsNormedAndInSimplices) {
  MlpConfig config = small_config();
  config.out_dim = 16;
  config.out_norm = true;
  config.out_activation = Activation::kSimNorm;
  const Built net(config);
  const Tensor y = net.mlp.forward(net.set, rows({4, 5}));
  EXPECT_TRUE(is_close(y.view({4, 2, 8}).sum(-1), torch::ones({4, 2}), 1e-6));
  EXPECT_EQ(net.at("2.norm.weight").sizes(), at::IntArrayRef({16}));
}

TEST(Mlp, ReluNetworkHasNoNorms) {
  MlpConfig config = small_config();
  config.hidden_norm = false;
  config.hidden_activation = Activation::kRelu;
  const Built net(config);
  const Tensor x = rows({4, 5});
  const Tensor y = linear(net, "1", linear(net, "0", x).relu()).relu();
  EXPECT_TRUE(is_close(net.mlp.forward(net.set, x), linear(net, "2", y), 1e-5));
  EXPECT_THROW(net.at("0.norm.weight"), std::out_of_range);
}

TEST(Mlp, TreatsLeadingAxesAsRows) {
  const Built net(small_config());
  const Tensor x = rows({2, 3, 4, 5});
  const Tensor y = net.mlp.forward(net.set, x);
  EXPECT_EQ(y.sizes(), at::IntArrayRef({2, 3, 4, 3}));
  EXPECT_TRUE(is_close(y[1][2], net.mlp.forward(net.set, x[1][2]), 1e-5));
}

TEST(Mlp, CountsItsParameters) {
  const Built net(small_config());
  // Weights, bias, norm scale and shift of two hidden layers, then the last layer.
  const std::int64_t expected = (5 * 8 + 3 * 8) + (8 * 6 + 3 * 6) + (6 * 3 + 3);
  EXPECT_EQ(net.mlp.num_parameters(), expected);
  EXPECT_EQ(net.set.size(), expected);
  EXPECT_EQ(Built(small_config(), 4).mlp.num_parameters(), 4 * expected);
}

TEST(Mlp, DescribesItsLayersInOrder) {
  const Built net(small_config());
  EXPECT_EQ(net.mlp.describe(),
            (std::vector<std::string>{"Linear 5 -> 8, LayerNorm, Mish",
                                      "Linear 8 -> 6, LayerNorm, Mish", "Linear 6 -> 3"}));
}

TEST(Mlp, RefusesTheWrongNumberOfInputs) {
  const Built net(small_config());
  EXPECT_THROW(net.mlp.forward(net.set, rows({4, 6})), ContractViolation);
  EXPECT_THROW(net.mlp.forward_ensemble(net.set, rows({4, 5}), {}), ContractViolation);
}

// The single network that is member `member` of `ensemble`.
Built member_of(const Built& ensemble, const MlpConfig& config, std::int64_t member) {
  Built single(config);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < single.set.entries().size(); ++i) {
    single.set.at(i).copy_(ensemble.set.at(i)[member]);
  }
  return single;
}

TEST(MlpEnsemble, EqualsItsMembersOneByOne) {
  const Built ensemble(small_config(), 3);
  const Tensor x = rows({2, 4, 5});
  const Tensor y = ensemble.mlp.forward_ensemble(ensemble.set, x, {});
  ASSERT_EQ(y.sizes(), at::IntArrayRef({3, 2, 4, 3}));
  for (std::int64_t e = 0; e < 3; ++e) {
    const Built single = member_of(ensemble, small_config(), e);
    EXPECT_TRUE(is_close(y[e], single.mlp.forward(single.set, x), 1e-5)) << "member " << e;
  }
}

TEST(MlpEnsemble, RunsOnlyTheMembersAskedFor) {
  const Built ensemble(small_config(), 4);
  const Tensor x = rows({6, 5});
  const Tensor all = ensemble.mlp.forward_ensemble(ensemble.set, x, {});
  const Tensor two =
      ensemble.mlp.forward_ensemble(ensemble.set, x, {.members = torch::tensor({3, 1})});
  EXPECT_TRUE(is_close(two[0], all[3], 1e-6));
  EXPECT_TRUE(is_close(two[1], all[1], 1e-6));
}

TEST(MlpEnsemble, DropsOutBeforeTheFirstNormOrAfterIt) {
  const Tensor x = rows({6, 5});
  const Tensor mask = half_mask({2, 6, 8});
  for (const DropoutPlace place : {DropoutPlace::kBeforeNorm, DropoutPlace::kAfterNorm}) {
    MlpConfig config = small_config();
    config.dropout_place = place;
    const Built ensemble(config, 2);
    const Tensor y = ensemble.mlp.forward_ensemble(ensemble.set, x, {.dropout_mask = mask});
    const Built single = member_of(ensemble, config, 1);
    Tensor h = linear(single, "0", x);
    if (place == DropoutPlace::kBeforeNorm) {
      h = normed(single, "0", h * mask[1], 8);
    } else {
      h = normed(single, "0", h, 8) * mask[1];
    }
    h = torch::mish(normed(single, "1", linear(single, "1", torch::mish(h)), 6));
    EXPECT_TRUE(is_close(y[1], linear(single, "2", h), 1e-5));
  }
}

TEST(MlpEnsemble, FrozenParametersGetNoGradientButTheInputDoes) {
  const Built ensemble(small_config(), 2);
  Tensor x = rows({4, 5}).requires_grad_();
  ensemble.mlp.forward_ensemble(ensemble.set, x, {.frozen = true}).sum().backward();
  EXPECT_TRUE(
      has_same_bits(ensemble.set.flat_gradient(), torch::zeros_like(ensemble.set.flat_gradient())));
  EXPECT_GT(x.grad().abs().max().item<float>(), 0.0f);
  const Tensor input_gradient = x.grad().clone();
  x.mutable_grad().zero_();
  ensemble.mlp.forward_ensemble(ensemble.set, x, {}).sum().backward();
  EXPECT_GT(ensemble.set.flat_gradient().abs().max().item<float>(), 0.0f);
  EXPECT_TRUE(is_close(x.grad(), input_gradient, 1e-6));
}

TEST(MlpEnsemble, WorksWithoutHiddenLayers) {
  MlpConfig config = small_config();
  config.hidden.clear();
  const Built ensemble(config, 2);
  const Tensor x = rows({4, 2, 5});
  const Built single = member_of(ensemble, config, 1);
  EXPECT_TRUE(is_close(ensemble.mlp.forward_ensemble(ensemble.set, x, {})[1],
                       single.mlp.forward(single.set, x), 1e-5));
}

}  // namespace
}  // namespace foresight
