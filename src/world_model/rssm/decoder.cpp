#include "world_model/rssm/decoder.h"

#include <cmath>

#include "base/error.h"
#include "nn/normal_constants.h"

namespace foresight {

Decoder::Decoder(ParameterSet& parameters, const VisionConfig& config, const WorldShape& shape,
                 std::int64_t feature_dim) {
  const Norm norm = norm_of(config.norm);
  if (shape.image_channels > 0) {
    std::int64_t channels = 32 * config.cnn_depth;
    std::int64_t edge = 1;
    project_ = Dense(parameters, "decoder.convin", feature_dim, channels);
    const auto count = static_cast<std::int64_t>(config.kernels.size());
    for (std::int64_t i = 0; i < count; ++i) {
      const bool is_last = i + 1 == count;
      const std::int64_t out = is_last ? shape.image_channels : config.cnn_depth << (count - i - 2);
      Convolution layer = Convolution::declare(parameters, fmt::format("decoder.conv{}", i),
                                               channels, out, config.kernels[i], true);
      layer.has_norm = norm == Norm::kLayer && !is_last;
      if (layer.has_norm) {
        layer.norm = KerasLayerNorm(parameters, fmt::format("decoder.convnorm{}", i), out);
      }
      convolutions_.push_back(layer);
      channels = out;
      edge = (edge - 1) * 2 + config.kernels[i];
    }
    FS_CHECK(edge == kDreamerImageSize, "the decoder's kernels give {} x {} pixels", edge, edge);
  }
  if (!shape.vectors.empty()) {
    mlp_ = HiddenStack(parameters, "decoder", "densenorm", feature_dim, config.mlp, norm);
    for (const auto& vector : shape.vectors) {
      outs_.emplace_back(parameters, fmt::format("decoder.dense_{}.out", vector.name),
                         mlp_.out_dim(), vector.size);
    }
  }
}

std::vector<Tensor> Decoder::deconvolve(const Weights& weights, const Tensor& features) const {
  const Tensor projected = project_.forward(weights, features);
  std::vector<Tensor> activations{projected};
  Tensor x = projected.unsqueeze(-1).unsqueeze(-1);  // a picture of one pixel
  for (std::size_t i = 0; i < convolutions_.size(); ++i) {
    const Convolution& layer = convolutions_[i];
    x = i + 1 < convolutions_.size() ? layer.forward_transposed(weights, x)
                                     : layer.transposed_product(weights, x);
    activations.push_back(x);
  }
  return activations;
}

Reconstruction Decoder::forward(const Weights& weights, const Tensor& features) const {
  Reconstruction result;
  if (!convolutions_.empty()) result.image = deconvolve(weights, features).back();
  if (!outs_.empty()) {
    const Tensor hidden = mlp_.forward(weights, features);
    for (const Dense& out : outs_) result.vectors.push_back(out.forward(weights, hidden));
  }
  return result;
}

std::vector<std::string> Decoder::describe() const {
  std::vector<std::string> lines;
  if (!convolutions_.empty()) {
    lines.push_back(fmt::format("{} -> {}", project_.in_dim(), project_.out_dim()));
    for (const Convolution& layer : convolutions_) {
      lines.push_back("transposed: " + layer.describe());
    }
  }
  if (!outs_.empty()) {
    for (const std::string& line : mlp_.describe()) lines.push_back(line);
    for (const Dense& out : outs_) {
      lines.push_back(fmt::format("{} -> {}", out.in_dim(), out.out_dim()));
    }
  }
  return lines;
}

Tensor unit_normal_log_prob(const Tensor& mean, const Tensor& target) {
  const Tensor error = (mean - target).flatten(1);
  return -0.5 * error.square().sum(1) - kHalfLogTwoPi * static_cast<double>(error.size(1));
}

}  // namespace foresight
