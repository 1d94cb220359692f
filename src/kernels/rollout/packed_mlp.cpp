#include "kernels/rollout/packed_mlp.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

void PackedMlp::reserve(const MlpView& layers, std::int64_t simnorm_dim, CpuLevel level,
                        std::vector<PackTask>& tasks) {
  layers_.resize(layers.size());
  simnorm_dim_ = simnorm_dim;
  activation_kernel_ = &normed_activation_kernel(level);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerView& view = layers[i];
    FS_CHECK(view.weight != nullptr && view.bias != nullptr, "layer {} has no weights", i);
    FS_CHECK(i == 0 || view.num_inputs == layers[i - 1].num_outputs,
             "layer {} reads {} numbers, the one before gives {}", i, view.num_inputs,
             layers[i - 1].num_outputs);
    FS_CHECK((view.norm_weight == nullptr) == (view.norm_bias == nullptr),
             "layer {}: a LayerNorm has a weight and a bias", i);
    FS_CHECK(view.activation != Activation::kSimNorm || view.num_outputs % simnorm_dim == 0,
             "layer {}: {} outputs in groups of {}", i, view.num_outputs, simnorm_dim);
    Layer& layer = layers_[i];
    layer.activation = view.activation;
    const auto norm_size = view.norm_weight ? static_cast<std::size_t>(view.num_outputs) : 0;
    layer.norm_weight.assign(view.norm_weight, view.norm_weight + norm_size);
    layer.norm_bias.assign(view.norm_bias, view.norm_bias + norm_size);
    layer.linear.reserve(view.num_inputs, view.num_outputs, level);
    for (std::int64_t panel = 0; panel < layer.linear.num_panels(); ++panel) {
      tasks.push_back({&layer.linear, panel, view.weight, view.bias});
    }
  }
}

std::int64_t PackedMlp::max_width() const {
  std::int64_t width = 0;
  for (const Layer& layer : layers_) width = std::max(width, layer.linear.padded_outputs());
  return width;
}

std::int64_t PackedMlp::memory_bytes() const {
  std::int64_t bytes = 0;
  for (const Layer& layer : layers_) bytes += layer.linear.memory_bytes();
  return bytes;
}

void PackedMlp::share_of_first_inputs(const float* z, std::int64_t num_inputs,
                                      std::int64_t num_rows, float* start) const {
  layers_.front().linear.forward_first_inputs({.x = z,
                                               .x_stride = num_inputs,
                                               .num_rows = num_rows,
                                               .y = start,
                                               .y_stride = first_layer_width()},
                                              num_inputs);
}

float* PackedMlp::sums(std::size_t index, const TileInput& input, const TileScratch& scratch,
                       const float* previous) const {
  float* y = scratch.buffers[index % 2];
  const PackedLinear::Rows rows{.x = index == 0 ? input.x : previous,
                                .x_stride = index == 0 ? input.x_stride : scratch.stride,
                                .num_rows = input.num_rows,
                                .y = y,
                                .y_stride = scratch.stride};
  const PackedLinear& linear = layers_[index].linear;
  if (index == 0 && input.start != nullptr) {
    linear.forward_last_inputs(rows, input.num_inputs, input.start);
  } else {
    linear.forward(rows);
  }
  return y;
}

NormTile PackedMlp::activation_tile(const Layer& layer, std::int64_t num_rows) const {
  const bool has_norm = !layer.norm_weight.empty();
  return {.num_rows = num_rows,
          .num_features = layer.linear.num_outputs(),
          .activation = layer.activation,
          .simnorm_dim = simnorm_dim_,
          .norm_weight = has_norm ? layer.norm_weight.data() : nullptr,
          .norm_bias = has_norm ? layer.norm_bias.data() : nullptr};
}

float* PackedMlp::run_to_last_sums(const TileInput& input, const TileScratch& scratch,
                                   const float* dropout_mask) const {
  float* y = sums(0, input, scratch, nullptr);
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    NormTile tile = activation_tile(layers_[i], input.num_rows);
    tile.x = tile.y = y;
    tile.x_stride = tile.y_stride = scratch.stride;
    if (i == 0 && dropout_mask != nullptr) {
      tile.dropout_mask = dropout_mask;
      tile.mask_stride = tile.num_features;
    }
    activation_kernel_->forward(tile);
    y = sums(i + 1, input, scratch, y);
  }
  return y;
}

float* PackedMlp::forward(const TileInput& input, const TileScratch& scratch,
                          const float* dropout_mask) const {
  float* y = run_to_last_sums(input, scratch, dropout_mask);
  const Layer& last = layers_.back();
  if (last.norm_weight.empty() && last.activation == Activation::kNone) return y;
  NormTile tile = activation_tile(last, input.num_rows);
  tile.x = tile.y = y;
  tile.x_stride = tile.y_stride = scratch.stride;
  activation_kernel_->forward(tile);
  return y;
}

void PackedMlp::forward_into(const TileInput& input, const TileScratch& scratch,
                             const TileOutput& output) const {
  NormTile tile = activation_tile(layers_.back(), input.num_rows);
  tile.x = run_to_last_sums(input, scratch, nullptr);
  tile.x_stride = scratch.stride;
  tile.y = output.y;
  tile.y_stride = output.y_stride;
  activation_kernel_->forward(tile);
}

}  // namespace foresight
