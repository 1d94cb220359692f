#include "nn/recurrent_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace foresight {
namespace {

struct Result {
  Tensor out;
  Tensor start;  // gradients
  Tensor weight;
  Tensor bias;
};

// h <- tanh(h W^T + b), eight times; every state counts.
template <typename Layer>
Result recur(const Tensor& start, const Tensor& weight, const Tensor& bias, const Layer& layer) {
  for (const Tensor& leaf : {start, weight, bias}) leaf.mutable_grad() = Tensor();
  Tensor h = start;
  std::vector<Tensor> states;
  for (int t = 0; t < 8; ++t) {
    h = layer(h).tanh();
    states.push_back(h);
  }
  const Tensor out = torch::stack(states);
  out.square().sum().backward();
  return {out.detach(), start.grad().clone(), weight.grad().clone(), bias.grad().clone()};
}

// Few rows, and so many that each step is a product of its own; narrow layers, and some of several
// panels of which the last is not full. Rows and width.
using Sizes = std::pair<std::int64_t, std::int64_t>;
class RecurrentLinearTest : public testing::TestWithParam<Sizes> {};
INSTANTIATE_TEST_SUITE_P(Sizes, RecurrentLinearTest,
                         testing::Values(Sizes{3, 7}, Sizes{16, 150}, Sizes{60, 7}));

TEST_P(RecurrentLinearTest, EqualsAnOrdinaryLayer) {
  torch::manual_seed(1);
  const auto [rows, width] = GetParam();
  const Tensor start = torch::randn({rows, width}).requires_grad_();
  const Tensor weight = torch::randn({width, width}).div_(std::sqrt(width)).requires_grad_();
  const Tensor bias = torch::randn({width}).requires_grad_();
  const Result plain =
      recur(start, weight, bias, [&](const Tensor& h) { return torch::linear(h, weight, bias); });
  const RecurrentLinear layer(weight);
  const Result ours = recur(start, weight, bias, [&](const Tensor& h) { return layer(h, bias); });
  EXPECT_TRUE(torch::allclose(ours.out, plain.out, 5e-6, 5e-6));
  EXPECT_TRUE(torch::allclose(ours.start, plain.start, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(ours.weight, plain.weight, 1e-5, 5e-5));
  EXPECT_TRUE(torch::allclose(ours.bias, plain.bias, 1e-5, 5e-5));
}

TEST_P(RecurrentLinearTest, ReachesAPartOfAParameterAndAnAddendOfRows) {
  torch::manual_seed(1);
  const Tensor whole = torch::randn({4, 9}).requires_grad_();
  const std::int64_t num_rows = GetParam().first;
  const Tensor rows = torch::randn({num_rows, 4}).requires_grad_();
  const Tensor x = torch::randn({num_rows, 6});
  (torch::addmm(rows, x, whole.slice(1, 0, 6).t())).square().sum().backward();
  const Tensor plain_whole = whole.grad().clone();
  const Tensor plain_rows = rows.grad().clone();
  whole.mutable_grad() = Tensor();
  rows.mutable_grad() = Tensor();
  const RecurrentLinear layer(whole.slice(1, 0, 6));
  layer(x, rows).square().sum().backward();
  EXPECT_TRUE(torch::allclose(whole.grad(), plain_whole, 1e-5, 5e-5));
  EXPECT_TRUE(torch::allclose(rows.grad(), plain_rows, 1e-5, 5e-6));
}

TEST(RecurrentLinear, NeedsNoGradients) {
  const Tensor weight = torch::eye(3).requires_grad_();
  const torch::NoGradGuard no_grad;
  const RecurrentLinear layer(weight);
  const Tensor x = torch::ones({2, 3});
  EXPECT_TRUE(layer(x, torch::ones({3})).equal(2.0 * x));
}

}  // namespace
}  // namespace foresight
