#include "nn/linear.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

// Sums of up to 300 products of numbers near 1 in another order than the plain form's.
constexpr double kTolerance = 2e-5;

struct Sizes {
  std::int64_t num_rows, num_inputs, num_outputs;
};

constexpr Sizes kSizes[] = {{1, 9, 4}, {1, 128, 101}, {33, 22, 128}, {300, 132, 65}, {96, 290, 1}};

struct Layer {
  Tensor x, weight, bias;
};

enum class Wants { kAll, kInputOnly, kParametersOnly };

Layer layer(at::IntArrayRef x, at::IntArrayRef weight, at::IntArrayRef bias, Wants wants) {
  Rng rng(5, "linear test");
  Layer l{random_normal(x, rng), random_normal(weight, rng), random_normal(bias, rng)};
  l.x.requires_grad_(wants != Wants::kParametersOnly);
  l.weight.requires_grad_(wants != Wants::kInputOnly);
  l.bias.requires_grad_(wants != Wants::kInputOnly);
  return l;
}

using Form = Tensor (*)(const Tensor&, const Tensor&, const Tensor&);

// Both forms on copies of a layer: results and all gradients that they leave.
void expect_equal(const Layer& l, Form form, Form plain) {
  const auto copy = [](const Tensor& tensor) {
    return tensor.detach().clone().requires_grad_(tensor.requires_grad());
  };
  const Layer twin{copy(l.x), copy(l.weight), copy(l.bias)};
  const Tensor y = form(l.x, l.weight, l.bias);
  const Tensor expected = plain(twin.x, twin.weight, twin.bias);
  EXPECT_TRUE(is_close(y, expected, kTolerance));
  Rng rng(6, "linear test");
  const Tensor slope = random_normal(expected.sizes(), rng);
  (y * slope).sum().backward();
  (expected * slope).sum().backward();
  const auto expect_gradient = [](const Tensor& a, const Tensor& b) {
    ASSERT_EQ(a.grad().defined(), b.grad().defined());
    if (a.grad().defined()) {
      EXPECT_TRUE(is_close(a.grad(), b.grad(), kTolerance));
    }
  };
  expect_gradient(l.x, twin.x);
  expect_gradient(l.weight, twin.weight);
  expect_gradient(l.bias, twin.bias);
}

TEST(Linear, EqualsThePlainFormWithItsGradients) {
  for (const Sizes& s : kSizes) {
    for (const Wants wants : {Wants::kAll, Wants::kInputOnly, Wants::kParametersOnly}) {
      expect_equal(
          layer({s.num_rows, s.num_inputs}, {s.num_outputs, s.num_inputs}, {s.num_outputs}, wants),
          linear, linear_plain);
      expect_equal(
          layer({s.num_rows, s.num_inputs}, {s.num_outputs, s.num_inputs}, {s.num_outputs}, wants),
          linear_elu, linear_elu_plain);
    }
  }
}

TEST(Linear, GivesTheWeightsGradientAlone) {
  Rng rng(7, "linear test");
  for (const Sizes& s : kSizes) {
    const Tensor grad_y = random_normal({s.num_rows, s.num_outputs}, rng);
    const Tensor x = random_normal({s.num_rows, s.num_inputs}, rng);
    EXPECT_TRUE(is_close(linear_weight_gradient(grad_y, x), grad_y.t().mm(x), kTolerance));
  }
}

TEST(LinearEnsemble, EqualsThePlainFormForSharedRowsAndRowsOfItsOwn) {
  constexpr std::int64_t kMembers = 3;
  for (const Sizes& s : kSizes) {
    for (const Wants wants : {Wants::kAll, Wants::kInputOnly, Wants::kParametersOnly}) {
      const std::vector<std::int64_t> weight{kMembers, s.num_outputs, s.num_inputs};
      const std::vector<std::int64_t> bias{kMembers, s.num_outputs};
      expect_equal(layer({s.num_rows, s.num_inputs}, weight, bias, wants), linear_ensemble,
                   linear_ensemble_plain);
      expect_equal(layer({kMembers, s.num_rows, s.num_inputs}, weight, bias, wants),
                   linear_ensemble, linear_ensemble_plain);
    }
  }
}

TEST(Linear, ReadsRowsAndGradientsThatAreLaidOutInAnyWay) {
  Rng rng(7, "linear test");
  const Tensor wide = random_normal({20, 31}, rng);
  const Tensor weight = random_normal({9, 14}, rng);
  const Tensor bias = random_normal({9}, rng);
  for (const Tensor& x : {wide.narrow(1, 5, 14), wide.narrow(0, 3, 14).t(),
                          wide[2].narrow(0, 0, 14).expand({6, 14})}) {
    const Tensor leaf = weight.clone().requires_grad_();
    const Tensor twin = weight.clone().requires_grad_();
    const Tensor y = linear(x, leaf, bias);
    EXPECT_TRUE(is_close(y, linear_plain(x, twin, bias), kTolerance));
    y.sum().backward();  // one number seen from everywhere
    linear_plain(x, twin, bias).sum().backward();
    EXPECT_TRUE(is_close(leaf.grad(), twin.grad(), kTolerance));
  }
}

TEST(LinearEnsemble, RefusesWhatDoesNotFit) {
  const Tensor weight = torch::zeros({2, 4, 3});
  const Tensor bias = torch::zeros({2, 4});
  EXPECT_THROW(linear_ensemble(torch::zeros({3, 5, 3}), weight, bias), ContractViolation);
  EXPECT_THROW(linear_ensemble(torch::zeros({5, 4}), weight, bias), ContractViolation);
  EXPECT_THROW(linear_ensemble(torch::zeros({5, 3}), weight, bias[0]), ContractViolation);
}

}  // namespace
}  // namespace foresight
