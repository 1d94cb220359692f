#include "nn/mlp_inference.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {
namespace {

void relu(float* y, std::int64_t num_rows, std::int64_t width, std::int64_t stride) {
  for (std::int64_t row = 0; row < num_rows; ++row, y += stride) {
    // As torch.relu: a NaN stays one.
    for (std::int64_t i = 0; i < width; ++i) y[i] = y[i] < 0 ? 0 : y[i];
  }
}

}  // namespace

void MlpInference::pack(const Mlp& mlp, const ParameterSet& parameters) {
  FS_CHECK(mlp.num_members() == 0 && parameters.flat().is_cpu(), "one network on the CPU");
  layers_.resize(mlp.layers().size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const MlpLayer& layer = mlp.layers()[i];
    const bool is_last = i + 1 == layers_.size();
    FS_CHECK(
        !layer.has_norm && layer.activation == (is_last ? Activation::kNone : Activation::kRelu),
        "layer {} is not linear with ReLU", i);
    layers_[i].reserve(layer.in_dim, layer.out_dim, cpu_level());
    for (std::int64_t panel = 0; panel < layers_[i].num_panels(); ++panel) {
      layers_[i].pack_panel(panel, parameters.data_of(layer.weight),
                            parameters.data_of(layer.bias));
    }
  }
}

std::span<const float> MlpInference::forward(std::span<const float> x) {
  FS_CHECK(!layers_.empty(), "nothing was packed");
  const std::int64_t num_rows = std::ssize(x) / layers_.front().num_inputs();
  FS_CHECK(num_rows * layers_.front().num_inputs() == std::ssize(x), "{} numbers for rows of {}",
           x.size(), layers_.front().num_inputs());
  PackedLinear::Rows rows{
      .x = x.data(), .x_stride = layers_.front().num_inputs(), .num_rows = num_rows};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    rows.y_stride = spread_stride(layers_[i].padded_outputs());
    outputs_[i % 2].reserve(num_rows * rows.y_stride);
    rows.y = outputs_[i % 2].data();
    layers_[i].forward(rows);
    if (i + 1 == layers_.size()) break;
    relu(rows.y, num_rows, layers_[i].padded_outputs(), rows.y_stride);
    rows.x = rows.y;
    rows.x_stride = rows.y_stride;
  }
  const std::int64_t width = layers_.back().num_outputs();
  result_.resize(static_cast<std::size_t>(num_rows * width));
  for (std::int64_t row = 0; row < num_rows; ++row) {
    std::copy_n(rows.y + row * rows.y_stride, width, result_.begin() + row * width);
  }
  return result_;
}

}  // namespace foresight
