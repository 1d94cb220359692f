#include "nn/normed_activation.h"

#include <torch/torch.h>

#include "nn/mlp.h"

namespace foresight {
namespace {

constexpr double kNormEpsilon = 1e-5;

Tensor activate(const Tensor& x, Activation activation, std::int64_t simnorm_dim) {
  if (activation == Activation::kMish) return torch::mish(x);
  if (activation == Activation::kSimNorm) return simnorm(x, simnorm_dim);
  if (activation == Activation::kRelu) return torch::relu(x);
  return x;
}

}  // namespace

Tensor normed_activation(const Tensor& x, const Tensor& weight, const Tensor& bias,
                         Activation activation, std::int64_t simnorm_dim) {
  return activate(torch::layer_norm(x, {x.size(-1)}, weight, bias, kNormEpsilon), activation,
                  simnorm_dim);
}

Tensor normed_activation_ensemble(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                  Activation activation, std::int64_t simnorm_dim) {
  const Tensor normed = torch::layer_norm(x, {x.size(-1)}, {}, {}, kNormEpsilon);
  return activate(torch::addcmul(bias.unsqueeze(1), normed, weight.unsqueeze(1)), activation,
                  simnorm_dim);
}

}  // namespace foresight
