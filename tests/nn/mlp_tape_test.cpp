#include "nn/mlp_tape.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/mlp_inference.h"
#include "nn/tensors.h"

namespace foresight {
namespace {

constexpr std::int64_t kIn = 7, kOut = 3;

MlpConfig relu_mlp() {
  return {.in_dim = kIn,
          .hidden = {37, 20},
          .out_dim = kOut,
          .hidden_activation = Activation::kRelu,
          .hidden_norm = false};
}

struct Network {
  explicit Network(std::int64_t num_members) : mlp(parameters, "net", relu_mlp(), num_members) {
    Rng rng(1, "weights");
    parameters.build(torch::kCPU, true, rng);
    fill_with_noise(parameters, 0.3f, rng);
  }
  // The same through autograd: [E, R, out].
  Tensor forward(const Tensor& x) const {
    return mlp.num_members() == 0 ? mlp.forward(parameters, x).unsqueeze(0)
                                  : mlp.forward_ensemble(parameters, x, {});
  }
  ParameterSet parameters;
  Mlp mlp;
};

std::span<const float> span_of(const Tensor& x) {
  return {x.const_data_ptr<float>(), static_cast<std::size_t>(x.numel())};
}

Tensor tensor_of(std::span<const float> values, at::IntArrayRef shape) {
  return torch::tensor(std::vector<float>(values.begin(), values.end())).view(shape);
}

TEST(MlpTape, EqualsAutograd) {
  for (const std::int64_t members : {0, 2}) {
    Network network(members);
    const std::int64_t num_members = std::max<std::int64_t>(members, 1);
    Rng rng(2, "inputs");
    MlpTape tape(network.mlp, network.parameters);
    for (const std::int64_t num_rows : {40, 1, 33}) {  // larger and smaller than the call before
      const Tensor x = random_normal({num_rows, kIn}, rng).requires_grad_();
      const Tensor slope = random_normal({num_members, num_rows, kOut}, rng);
      const Tensor y = network.forward(x);
      EXPECT_TRUE(is_close(tensor_of(tape.forward(span_of(x)), y.sizes()), y, 1e-6));

      network.parameters.flat_gradient().zero_();
      (y * slope).sum().backward();
      const Tensor expected = network.parameters.flat_gradient().clone();
      network.parameters.flat_gradient().fill_(9.0f);  // to be overwritten
      tape.backward(span_of(slope));
      EXPECT_TRUE(is_close(network.parameters.flat_gradient(), expected, 2e-6));

      network.parameters.flat_gradient().fill_(9.0f);
      Tensor grad_x = torch::empty({num_rows, kIn});
      tape.backward_to_input(span_of(slope),
                             {grad_x.data_ptr<float>(), static_cast<std::size_t>(grad_x.numel())});
      EXPECT_TRUE(is_close(grad_x, x.grad(), 2e-6));
      EXPECT_EQ(network.parameters.flat_gradient().min().item<float>(), 9.0f);  // left alone
    }
  }
}

TEST(MlpTape, GoesBackThroughTheFirstRowsOnly) {
  Network network(0);
  Rng rng(2, "inputs");
  const Tensor x = random_normal({20, kIn}, rng);
  const Tensor slope = random_normal({1, 8, kOut}, rng);
  MlpTape tape(network.mlp, network.parameters);
  tape.forward(span_of(x));
  tape.backward(span_of(slope));
  const Tensor part = network.parameters.flat_gradient().clone();
  tape.forward(span_of(x.narrow(0, 0, 8).contiguous()));
  tape.backward(span_of(slope));
  EXPECT_TRUE(is_close(part, network.parameters.flat_gradient(), 1e-6));
}

TEST(MlpTape, RefusesWhatItDoesNotKnow) {
  ParameterSet parameters;
  MlpConfig config = relu_mlp();
  config.hidden_norm = true;
  const Mlp normed(parameters, "normed", config);
  Rng rng(1, "weights");
  parameters.build(torch::kCPU, true, rng);
  EXPECT_THROW(MlpTape(normed, parameters), ContractViolation);
  Network network(0);
  MlpTape tape(network.mlp, network.parameters);
  EXPECT_THROW(tape.forward(std::vector<float>(kIn + 1)), ContractViolation);
  tape.forward(std::vector<float>(kIn));
  EXPECT_THROW(tape.backward(std::vector<float>(2 * kOut)), ContractViolation);
}

TEST(MlpInference, EqualsTheNetworkAndKeepsItsWeights) {
  Network network(0);
  Rng rng(2, "inputs");
  const Tensor x = random_normal({9, kIn}, rng);
  const Tensor y = network.forward(x)[0].detach().clone();
  MlpInference inference;
  inference.pack(network.mlp, network.parameters);
  {
    const torch::NoGradGuard no_grad;
    network.parameters.flat().zero_();
  }
  EXPECT_TRUE(is_close(tensor_of(inference.forward(span_of(x)), {9, kOut}), y, 1e-6));
  EXPECT_THROW(inference.forward(std::vector<float>(kIn + 1)), ContractViolation);
}

}  // namespace
}  // namespace foresight
