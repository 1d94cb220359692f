#include "nn/recurrent_linear.h"

#include <gtest/gtest.h>

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

// Few rows, and so many that each step is a product of its own.
class RecurrentLinearTest : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Rows, RecurrentLinearTest, testing::Values(3, 60));

TEST_P(RecurrentLinearTest, EqualsAnOrdinaryLayer) {
  torch::manual_seed(1);
  const Tensor start = torch::randn({GetParam(), 7}).requires_grad_();
  const Tensor weight = torch::randn({7, 7}).mul_(0.4).requires_grad_();
  const Tensor bias = torch::randn({7}).requires_grad_();
  const Result plain =
      recur(start, weight, bias, [&](const Tensor& h) { return torch::linear(h, weight, bias); });
  const RecurrentLinear layer(weight);
  const Result ours = recur(start, weight, bias, [&](const Tensor& h) { return layer(h, bias); });
  EXPECT_TRUE(torch::allclose(ours.out, plain.out, 1e-6, 1e-6));
  EXPECT_TRUE(torch::allclose(ours.start, plain.start, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(ours.weight, plain.weight, 1e-5, 5e-5));
  EXPECT_TRUE(torch::allclose(ours.bias, plain.bias, 1e-5, 5e-5));
}

TEST_P(RecurrentLinearTest, ReachesAPartOfAParameterAndAnAddendOfRows) {
  torch::manual_seed(1);
  const Tensor whole = torch::randn({4, 9}).requires_grad_();
  const Tensor rows = torch::randn({GetParam(), 4}).requires_grad_();
  const Tensor x = torch::randn({GetParam(), 6});
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
