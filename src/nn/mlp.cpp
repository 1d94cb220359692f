#include "nn/mlp.h"

#include "base/error.h"
#include "nn/linear.h"
#include "nn/normed_activation.h"

namespace foresight {
namespace {

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::kMish:
      return "Mish";
    case Activation::kSimNorm:
      return "SimNorm";
    case Activation::kRelu:
      return "ReLU";
    case Activation::kNone:
      break;
  }
  return "";
}

Tensor activate(const Tensor& x, Activation activation, std::int64_t simnorm_dim) {
  switch (activation) {
    case Activation::kMish:
      return torch::mish(x);
    case Activation::kSimNorm:
      return simnorm(x, simnorm_dim);
    case Activation::kRelu:
      return torch::relu(x);
    case Activation::kNone:
      break;
  }
  return x;
}

}  // namespace

Tensor simnorm(const Tensor& x, std::int64_t group) {
  return x.unflatten(-1, {-1, group}).softmax(-1).flatten(-2);
}

Mlp::Mlp(ParameterSet& parameters, const std::string& name, MlpConfig config,
         std::int64_t num_members)
    : config_(std::move(config)), num_members_(num_members) {
  std::vector<std::int64_t> widths{config_.in_dim};
  widths.insert(widths.end(), config_.hidden.begin(), config_.hidden.end());
  widths.push_back(config_.out_dim);
  const auto stacked = [&](std::vector<std::int64_t> shape) {
    if (num_members_ > 0) shape.insert(shape.begin(), num_members_);
    return shape;
  };
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const bool is_last = i + 2 == widths.size();
    MlpLayer layer{.in_dim = widths[i], .out_dim = widths[i + 1]};
    layer.has_norm = is_last ? config_.out_norm : config_.hidden_norm;
    layer.activation = is_last ? config_.out_activation : config_.hidden_activation;
    const std::string prefix = fmt::format("{}.{}.", name, i);
    layer.weight = parameters.declare(prefix + "weight", stacked({layer.out_dim, layer.in_dim}),
                                      is_last ? config_.out_init : Init::kNormal, layer.in_dim);
    layer.bias =
        parameters.declare(prefix + "bias", stacked({layer.out_dim}), Init::kZero, layer.in_dim);
    if (layer.has_norm) {
      layer.norm_weight =
          parameters.declare(prefix + "norm.weight", stacked({layer.out_dim}), Init::kOne);
      layer.norm_bias =
          parameters.declare(prefix + "norm.bias", stacked({layer.out_dim}), Init::kZero);
    }
    layers_.push_back(layer);
  }
}

Tensor Mlp::forward(const ParameterSet& parameters, const Tensor& x) const {
  FS_CHECK(num_members_ == 0, "an ensemble is run with forward_ensemble()");
  FS_CHECK(x.size(-1) == config_.in_dim, "expected {} inputs, got {}", config_.in_dim, x.size(-1));
  Tensor y = x.flatten(0, -2);  // [R, in]
  for (const MlpLayer& layer : layers_) {
    y = linear(y, parameters.at(layer.weight), parameters.at(layer.bias));
    if (layer.has_norm) {
      y = normed_activation(y, parameters.at(layer.norm_weight), parameters.at(layer.norm_bias),
                            layer.activation, config_.simnorm_dim);
    } else {
      y = activate(y, layer.activation, config_.simnorm_dim);
    }
  }
  auto shape = x.sizes().vec();
  shape.back() = config_.out_dim;
  return y.view(shape);
}

Tensor Mlp::forward_ensemble(const ParameterSet& parameters, const Tensor& x,
                             const EnsembleOptions& options) const {
  FS_CHECK(num_members_ > 0, "a single network is run with forward()");
  FS_CHECK(x.size(-1) == config_.in_dim, "expected {} inputs, got {}", config_.in_dim, x.size(-1));
  const auto fetch = [&](std::size_t index) {
    Tensor value = parameters.at(index);
    if (options.frozen) value = value.detach();
    return options.members.defined() ? value.index_select(0, options.members) : value;
  };
  Tensor y = x.flatten(0, -2);  // [R, in], which all members read; then [E, R, width]
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const MlpLayer& layer = layers_[i];
    y = linear_ensemble(y, fetch(layer.weight), fetch(layer.bias));  // [E, R, out]
    const bool drops = i == 0 && options.dropout_mask.defined();
    if (drops && config_.dropout_place == DropoutPlace::kBeforeNorm) y = y * options.dropout_mask;
    if (layer.has_norm) {
      const bool drops_after = drops && config_.dropout_place == DropoutPlace::kAfterNorm;
      y = normed_activation_ensemble(y, fetch(layer.norm_weight), fetch(layer.norm_bias),
                                     layer.activation, config_.simnorm_dim,
                                     drops_after ? options.dropout_mask : Tensor());
    } else {
      y = activate(y, layer.activation, config_.simnorm_dim);
    }
  }
  auto shape = x.sizes().vec();
  shape.back() = config_.out_dim;
  shape.insert(shape.begin(), y.size(0));
  return y.view(shape);
}

std::int64_t Mlp::num_parameters() const {
  std::int64_t count = 0;
  for (const MlpLayer& layer : layers_) {
    count +=
        layer.in_dim * layer.out_dim + layer.out_dim + (layer.has_norm ? 2 * layer.out_dim : 0);
  }
  return count * std::max<std::int64_t>(num_members_, 1);
}

std::vector<std::string> Mlp::describe() const {
  std::vector<std::string> lines;
  for (const MlpLayer& layer : layers_) {
    std::string line = fmt::format("Linear {} -> {}", layer.in_dim, layer.out_dim);
    if (layer.has_norm) line += ", LayerNorm";
    if (layer.activation == Activation::kSimNorm) {
      line += fmt::format(", SimNorm in groups of {}", config_.simnorm_dim);
    } else if (layer.activation != Activation::kNone) {
      line += fmt::format(", {}", name_of(layer.activation));
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace foresight
