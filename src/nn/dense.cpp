#include "nn/dense.h"

#include "base/error.h"
#include "nn/linear.h"

namespace foresight {
namespace {

constexpr double kLayerNormEpsilon = 1e-3;  // Keras' default

std::vector<std::int64_t> with_last(const Tensor& x, std::int64_t size) {
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = size;
  return sizes;
}

}  // namespace

Weights trainable_weights(const ParameterSet& parameters) {
  Weights weights;
  for (const auto& entry : parameters.entries()) weights.push_back(entry.value);
  return weights;
}

Weights constant_weights(const ParameterSet& parameters) {
  Weights weights;
  for (const auto& entry : parameters.entries()) weights.push_back(entry.value.detach());
  return weights;
}

Norm norm_of(const std::string& name) {
  FS_CHECK(name == "none" || name == "layer", "norm \"{}\"", name);
  return name == "layer" ? Norm::kLayer : Norm::kNone;
}

bool has_many_rows(const Tensor& x) { return x.numel() >= kManyRows * x.size(-1); }

Tensor dense_product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (!has_many_rows(x)) return torch::linear(x, weight, bias);
  return linear(x.reshape({-1, x.size(-1)}), weight, bias).view(with_last(x, weight.size(0)));
}

KerasLayerNorm::KerasLayerNorm(ParameterSet& parameters, const std::string& name, std::int64_t size)
    : size_(size),
      weight_(parameters.declare(name + ".weight", {size}, Init::kOne)),
      bias_(parameters.declare(name + ".bias", {size}, Init::kZero)) {}

Tensor KerasLayerNorm::forward(const Weights& weights, const Tensor& x) const {
  return torch::layer_norm(x, {size_}, weights[weight_], weights[bias_], kLayerNormEpsilon);
}

Dense::Dense(ParameterSet& parameters, const std::string& name, std::int64_t in_dim,
             std::int64_t out_dim, Init weight_init)
    : in_dim_(in_dim),
      out_dim_(out_dim),
      weight_(
          parameters.declare(name + ".weight", {out_dim, in_dim}, weight_init, in_dim + out_dim)),
      bias_(parameters.declare(name + ".bias", {out_dim}, Init::kZero)) {}

Tensor Dense::forward(const Weights& weights, const Tensor& x) const {
  return dense_product(x, weights[weight_], weights[bias_]);
}

HiddenLayer::HiddenLayer(ParameterSet& parameters, const std::string& name,
                         const std::string& norm_name, std::int64_t in_dim, std::int64_t out_dim,
                         Norm norm)
    : dense_(parameters, name, in_dim, out_dim), has_norm_(norm == Norm::kLayer) {
  if (has_norm_) norm_ = KerasLayerNorm(parameters, norm_name, out_dim);
}

Tensor HiddenLayer::forward(const Weights& weights, const Tensor& x) const {
  if (has_norm_ || !has_many_rows(x)) return activate(weights, dense_.forward(weights, x));
  return linear_elu(x.reshape({-1, dense_.in_dim()}), dense_.weight(weights), dense_.bias(weights))
      .view(with_last(x, dense_.out_dim()));
}

Tensor HiddenLayer::activate(const Weights& weights, const Tensor& product) const {
  return torch::elu(has_norm_ ? norm_.forward(weights, product) : product);
}

std::int64_t HiddenLayer::num_parameters() const {
  return dense_.num_parameters() + (has_norm_ ? 2 * dense_.out_dim() : 0);
}

std::string HiddenLayer::describe() const {
  return fmt::format("{} -> {}{}, ELU", dense_.in_dim(), dense_.out_dim(),
                     has_norm_ ? ", LayerNorm" : "");
}

HiddenStack::HiddenStack(ParameterSet& parameters, const std::string& name,
                         const std::string& norm_name, std::int64_t in_dim,
                         const std::vector<std::int64_t>& units, Norm norm)
    : out_dim_(in_dim) {
  for (std::size_t i = 0; i < units.size(); ++i) {
    layers_.emplace_back(parameters, fmt::format("{}.dense{}", name, i),
                         fmt::format("{}.{}{}", name, norm_name, i), out_dim_, units[i], norm);
    out_dim_ = units[i];
  }
}

Tensor HiddenStack::forward(const Weights& weights, Tensor x) const {
  for (const HiddenLayer& layer : layers_) x = layer.forward(weights, x);
  return x;
}

std::vector<std::string> HiddenStack::describe() const {
  std::vector<std::string> lines;
  for (const HiddenLayer& layer : layers_) lines.push_back(layer.describe());
  return lines;
}

}  // namespace foresight
