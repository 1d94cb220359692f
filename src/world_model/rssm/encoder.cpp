#include "world_model/rssm/encoder.h"

#include "base/error.h"

namespace foresight {

Convolution Convolution::declare(ParameterSet& parameters, const std::string& name,
                                 std::int64_t in_channels, std::int64_t out_channels,
                                 std::int64_t kernel, bool is_transposed) {
  Convolution layer;
  layer.in_channels = in_channels;
  layer.out_channels = out_channels;
  layer.kernel = kernel;
  const std::vector<std::int64_t> shape =
      is_transposed ? std::vector<std::int64_t>{in_channels, out_channels, kernel, kernel}
                    : std::vector<std::int64_t>{out_channels, in_channels, kernel, kernel};
  // Keras counts a kernel's area into both fans.
  layer.weight = parameters.declare(name + ".weight", shape, Init::kGlorotUniform,
                                    (in_channels + out_channels) * kernel * kernel);
  layer.bias = parameters.declare(name + ".bias", {out_channels}, Init::kZero);
  return layer;
}

std::string Convolution::describe() const {
  return fmt::format("{} -> {} channels, {} x {}, stride 2{}", in_channels, out_channels, kernel,
                     kernel, has_norm ? ", LayerNorm" : "");
}

PictureLayer Convolution::layer(const Weights& weights, PictureActivation activation) const {
  return {.weight = weights[weight], .bias = weights[bias], .activation = activation};
}

Tensor Convolution::normed(const Weights& weights, const Tensor& product) const {
  if (!has_norm) return product;
  const Tensor rows = product.permute({0, 2, 3, 1});  // channels last
  return torch::elu(norm.forward(weights, rows)).permute({0, 3, 1, 2});
}

Tensor Convolution::forward(const Weights& weights, const Tensor& x) const {
  return normed(weights, convolve_picture(x, layer(weights, fused())));
}

Tensor Convolution::forward_transposed(const Weights& weights, const Tensor& x) const {
  return normed(weights, transposed_convolve_picture(x, layer(weights, fused())));
}

Tensor Convolution::transposed_product(const Weights& weights, const Tensor& x) const {
  return transposed_convolve_picture(x, layer(weights, PictureActivation::kNone));
}

Encoder::Encoder(ParameterSet& parameters, const VisionConfig& config, const WorldShape& shape)
    : has_vectors_(!shape.vectors.empty()) {
  if (shape.image_channels > 0) {
    std::int64_t channels = shape.image_channels;
    std::int64_t edge = kDreamerImageSize;
    for (std::size_t i = 0; i < config.kernels.size(); ++i) {
      const std::int64_t out = config.cnn_depth << i;
      Convolution layer = Convolution::declare(parameters, fmt::format("encoder.conv{}", i),
                                               channels, out, config.kernels[i], false);
      layer.has_norm = norm_of(config.norm) == Norm::kLayer;
      if (layer.has_norm) {
        layer.norm = KerasLayerNorm(parameters, fmt::format("encoder.convnorm{}", i), out);
      }
      convolutions_.push_back(layer);
      channels = out;
      FS_CHECK(edge >= config.kernels[i], "a kernel of {} on a picture of {}", config.kernels[i],
               edge);
      edge = (edge - config.kernels[i]) / 2 + 1;
    }
    embed_dim_ = edge * edge * channels;
  }
  if (has_vectors_) {
    mlp_ = HiddenStack(parameters, "encoder", "densenorm", shape.vector_dim(), config.mlp,
                       norm_of(config.norm));
    embed_dim_ += mlp_.out_dim();
  }
  FS_CHECK(embed_dim_ > 0, "an encoder needs an image or a vector");
}

std::vector<Tensor> Encoder::convolve(const Weights& weights, const Tensor& image) const {
  std::vector<Tensor> activations;
  Tensor x = image;
  for (const Convolution& layer : convolutions_) {
    x = layer.forward(weights, x);
    activations.push_back(x);
  }
  return activations;
}

Tensor Encoder::forward(const Weights& weights, const Tensor& image, const Tensor& vectors) const {
  std::vector<Tensor> parts;
  if (!convolutions_.empty()) {
    // Laid out as height, width, channel.
    parts.push_back(convolve(weights, image).back().permute({0, 2, 3, 1}).flatten(1));
  }
  if (has_vectors_) parts.push_back(mlp_.forward(weights, vectors));
  return parts.size() == 1 ? parts[0] : torch::cat(parts, -1);
}

std::vector<std::string> Encoder::describe() const {
  std::vector<std::string> lines;
  for (const Convolution& layer : convolutions_) lines.push_back(layer.describe());
  if (has_vectors_) {
    for (const std::string& line : mlp_.describe()) lines.push_back(line);
  }
  return lines;
}

}  // namespace foresight
