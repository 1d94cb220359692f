// Keras' dense layers, as DreamerV2 is made of them: y = x W^T + b, LayerNorm (epsilon 1e-3) if
// asked for, ELU. Many rows at once go through nn/linear. Glorot uniform weights, biases of zero.
// Reference: danijar/dreamerv2, common/nets.py, MLP, NormLayer; tf.keras.layers.Dense.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/parameters.h"

namespace foresight {

// The values of a ParameterSet by index: its leaves, or the same numbers as constants. Networks
// take them as an argument, so that one description serves learning, imagining and slow copies.
using Weights = std::vector<Tensor>;
Weights trainable_weights(const ParameterSet& parameters);
// Share the parameters' memory: they follow every update.
Weights constant_weights(const ParameterSet& parameters);

// Whether x [..., width] has so many rows that packing a layer's weights for them pays.
constexpr std::int64_t kManyRows = 48;
bool has_many_rows(const Tensor& x);

enum class Norm { kNone, kLayer };
Norm norm_of(const std::string& name);  // "none", "layer"

// x [..., K] times weight^T [N, K], plus bias [N] -> [..., N].
Tensor dense_product(const Tensor& x, const Tensor& weight, const Tensor& bias);

// Keras' LayerNormalization over the last axis: epsilon 1e-3, biased variance.
class KerasLayerNorm {
 public:
  KerasLayerNorm() = default;
  // Declares `<name>.{weight,bias}`.
  KerasLayerNorm(ParameterSet& parameters, const std::string& name, std::int64_t size);
  Tensor forward(const Weights& weights, const Tensor& x) const;  // [..., size]

 private:
  std::int64_t size_ = 0;
  std::size_t weight_ = 0;
  std::size_t bias_ = 0;
};

class Dense {
 public:
  Dense() = default;
  // Declares `<name>.weight` [out, in] and `<name>.bias` [out].
  Dense(ParameterSet& parameters, const std::string& name, std::int64_t in_dim,
        std::int64_t out_dim, Init weight_init = Init::kGlorotUniform);
  Tensor forward(const Weights& weights, const Tensor& x) const;  // [..., in] -> [..., out]

  const Tensor& weight(const Weights& weights) const { return weights[weight_]; }
  const Tensor& bias(const Weights& weights) const { return weights[bias_]; }
  std::int64_t in_dim() const { return in_dim_; }
  std::int64_t out_dim() const { return out_dim_; }
  std::int64_t num_parameters() const { return (in_dim_ + 1) * out_dim_; }

 private:
  std::int64_t in_dim_ = 0;
  std::int64_t out_dim_ = 0;
  std::size_t weight_ = 0;
  std::size_t bias_ = 0;
};

// elu(norm(dense(x))).
class HiddenLayer {
 public:
  HiddenLayer() = default;
  HiddenLayer(ParameterSet& parameters, const std::string& name, const std::string& norm_name,
              std::int64_t in_dim, std::int64_t out_dim, Norm norm);
  Tensor forward(const Weights& weights, const Tensor& x) const;
  // The same when the product is there already.
  Tensor activate(const Weights& weights, const Tensor& product) const;
  const Dense& dense() const { return dense_; }
  bool has_norm() const { return has_norm_; }
  std::int64_t num_parameters() const;
  std::string describe() const;  // "1624 -> 400, LayerNorm, ELU"

 private:
  Dense dense_;
  KerasLayerNorm norm_;
  bool has_norm_ = false;
};

// Hidden layers `<name>.dense<i>`, `<name>.<norm_name><i>`.
class HiddenStack {
 public:
  HiddenStack() = default;
  HiddenStack(ParameterSet& parameters, const std::string& name, const std::string& norm_name,
              std::int64_t in_dim, const std::vector<std::int64_t>& units, Norm norm);
  Tensor forward(const Weights& weights, Tensor x) const;  // [..., in] -> [..., units.back()]
  std::int64_t out_dim() const { return out_dim_; }
  std::vector<std::string> describe() const;

 private:
  std::vector<HiddenLayer> layers_;
  std::int64_t out_dim_ = 0;
};

}  // namespace foresight
