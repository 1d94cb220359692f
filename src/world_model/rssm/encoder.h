// Observation -> embedding: four convolutions for an image, dense layers for vectors, side by side.
// Reference: danijar/dreamerv2, common/nets.py, Encoder. Axes: N rows, C channels, E embedding.
#pragma once

#include "nn/dense.h"
#include "nn/picture_convolution.h"
#include "world_model/rssm/model_config.h"

namespace foresight {

// A convolution, or a transposed one, with Keras' weights: stride 2, no padding.
struct Convolution {
  std::size_t weight = 0;  // [out, in, k, k]; transposed [in, out, k, k]
  std::size_t bias = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel = 0;
  KerasLayerNorm norm;
  bool has_norm = false;

  static Convolution declare(ParameterSet& parameters, const std::string& name,
                             std::int64_t in_channels, std::int64_t out_channels,
                             std::int64_t kernel, bool is_transposed);
  // x [N, C, H, W] -> elu(norm(convolution of x)), or elu alone where there is no norm.
  Tensor forward(const Weights& weights, const Tensor& x) const;
  Tensor forward_transposed(const Weights& weights, const Tensor& x) const;
  // Without norm and ELU.
  Tensor transposed_product(const Weights& weights, const Tensor& x) const;
  std::string describe() const;

 private:
  PictureLayer layer(const Weights& weights, PictureActivation activation) const;
  PictureActivation fused() const {  // ELU right after the product
    return has_norm ? PictureActivation::kNone : PictureActivation::kElu;
  }
  Tensor normed(const Weights& weights, const Tensor& product) const;
};

class Encoder {
 public:
  Encoder(ParameterSet& parameters, const VisionConfig& config, const WorldShape& shape);

  // image [N, C, 64, 64] in [-0.5, 0.5] (undefined without one), vectors [N, V] (undefined without)
  // -> [N, E], the image's part first.
  Tensor forward(const Weights& weights, const Tensor& image, const Tensor& vectors) const;
  // The image's activations after each convolution, for tests.
  std::vector<Tensor> convolve(const Weights& weights, const Tensor& image) const;

  std::int64_t embed_dim() const { return embed_dim_; }
  std::vector<std::string> describe() const;

 private:
  std::vector<Convolution> convolutions_;
  HiddenStack mlp_;
  bool has_vectors_ = false;
  std::int64_t embed_dim_ = 0;
};

}  // namespace foresight
