#include "nn/pixel_encoder.h"

#include "base/error.h"
#include "nn/mlp.h"

namespace foresight {
namespace {

struct Shape {
  std::int64_t kernel, stride;
};
constexpr Shape kConvolutions[] = {{7, 2}, {5, 2}, {3, 2}, {3, 1}};  // 64 -> 29 -> 13 -> 6 -> 4

// For each picture, the S rows (or columns) of the original that it shows: [N, S].
Tensor shown(const Tensor& shift, std::int64_t size) {
  const Tensor offset = torch::arange(size, shift.options()) - kImagePad;
  return (shift.unsqueeze(-1) + offset).clamp(0, size - 1);
}

}  // namespace

Tensor shift_images(const Tensor& images, const Tensor& shifts) {
  const Tensor flat = images.flatten(0, -4);     // [N, C, S, S]
  const Tensor shift = shifts.reshape({-1, 2});  // [N, 2]
  FS_CHECK(flat.size(0) == shift.size(0) && flat.size(2) == flat.size(3),
           "{} shifts for {} pictures of {} x {}", shift.size(0), flat.size(0), flat.size(3),
           flat.size(2));
  const auto options = shift.options();
  const Tensor picture = torch::arange(flat.size(0), options).view({-1, 1, 1, 1});
  const Tensor channel = torch::arange(flat.size(1), options).view({1, -1, 1, 1});
  const Tensor columns = shown(shift.select(1, 0), flat.size(3)).unsqueeze(1).unsqueeze(2);
  const Tensor rows = shown(shift.select(1, 1), flat.size(2)).unsqueeze(1).unsqueeze(3);
  return flat.index({picture, channel, rows, columns}).view(images.sizes());
}

PixelEncoder::PixelEncoder(ParameterSet& parameters, const std::string& name,
                           std::int64_t in_channels, std::int64_t channels,
                           std::int64_t simnorm_dim)
    : simnorm_dim_(simnorm_dim) {
  for (const Shape& shape : kConvolutions) {
    const std::string prefix = fmt::format("{}.conv.{}.", name, layers_.size());
    const std::int64_t fan_in = in_channels * shape.kernel * shape.kernel;
    const auto weight =
        parameters.declare(prefix + "weight", {channels, in_channels, shape.kernel, shape.kernel},
                           Init::kTorchUniform, fan_in);
    const auto bias = parameters.declare(prefix + "bias", {channels}, Init::kTorchUniform, fan_in);
    layers_.push_back({weight, bias, in_channels, channels, shape.kernel, shape.stride});
    in_channels = channels;
  }
}

Tensor PixelEncoder::forward(const ParameterSet& parameters, const Tensor& images) const {
  FS_CHECK(images.dim() >= 4 && images.size(-3) == layers_.front().in_channels &&
               images.size(-1) == kImageSize && images.size(-2) == kImageSize,
           "pictures of another size than {} x {} x {}", layers_.front().in_channels, kImageSize,
           kImageSize);
  Tensor x = images.flatten(0, -4).to(torch::kFloat32).div(255.0).sub(0.5);  // [N, C, S, S]
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    x = torch::conv2d(x, parameters.at(layer.weight), parameters.at(layer.bias), layer.stride);
    if (i + 1 < layers_.size()) x = torch::relu(x);
  }
  const Tensor z = simnorm(x.flatten(1), simnorm_dim_);  // [N, Z]
  auto shape = images.sizes().vec();
  shape.resize(shape.size() - 3);
  shape.push_back(z.size(1));
  return z.view(shape);
}

std::int64_t PixelEncoder::num_parameters() const {
  std::int64_t count = 0;
  for (const Layer& layer : layers_) {
    count += layer.out_channels * (layer.in_channels * layer.kernel * layer.kernel + 1);
  }
  return count;
}

std::vector<std::string> PixelEncoder::describe() const {
  std::vector<std::string> lines{fmt::format("random shift by up to {} pixels", kImagePad)};
  for (const Layer& layer : layers_) {
    lines.push_back(fmt::format("Conv {} -> {}, {} x {}, stride {}{}", layer.in_channels,
                                layer.out_channels, layer.kernel, layer.kernel, layer.stride,
                                &layer == &layers_.back()
                                    ? fmt::format(", SimNorm in groups of {}", simnorm_dim_)
                                    : ", ReLU"));
  }
  return lines;
}

}  // namespace foresight
