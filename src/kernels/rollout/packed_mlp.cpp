#include "kernels/rollout/packed_mlp.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

void PackTask::run() const {
  if (reduced != nullptr) {
    reduced->pack_panel(panel, weight, row_stride, bias);
  } else {
    linear->pack_panel(panel, weight, bias);
  }
}

std::int64_t PackedMlp::Layer::width() const {
  const bool has_linear = !is_reduced || num_actions > 0;
  return std::max(has_linear ? linear.padded_outputs() : 0,
                  is_reduced ? reduced.padded_outputs() : 0);
}

void PackedMlp::Layer::reserve(const LayerView& view, const PackFormat& format,
                               std::vector<PackTask>& tasks) {
  num_inputs = view.num_inputs;
  num_outputs = view.num_outputs;
  activation = view.activation;
  const auto norm_size = view.norm_weight ? static_cast<std::size_t>(view.num_outputs) : 0;
  norm_weight.assign(view.norm_weight, view.norm_weight + norm_size);
  norm_bias.assign(view.norm_bias, view.norm_bias + norm_size);

  is_reduced = format.precision != Precision::kFp32 && norm_size > 0;
  num_actions = is_reduced ? format.num_actions : 0;
  const float* linear_weight = view.weight;
  if (is_reduced) {
    const std::int64_t num_reduced = num_inputs - num_actions;
    reduced.reserve(num_reduced, num_outputs, format.precision, format.level);
    for (std::int64_t panel = 0; panel < reduced.num_panels(); ++panel) {
      tasks.push_back({.reduced = &reduced,
                       .panel = panel,
                       .weight = view.weight,
                       .row_stride = num_inputs,
                       .bias = view.bias});
    }
    if (num_actions == 0) return;
    action_weight.resize(static_cast<std::size_t>(num_outputs * num_actions));
    for (std::int64_t n = 0; n < num_outputs; ++n) {
      std::copy_n(view.weight + n * num_inputs + num_reduced, num_actions,
                  action_weight.data() + n * num_actions);
    }
    linear_weight = action_weight.data();
  }
  linear.reserve(is_reduced ? num_actions : num_inputs, num_outputs, format.level);
  for (std::int64_t panel = 0; panel < linear.num_panels(); ++panel) {
    tasks.push_back(
        {.linear = &linear, .panel = panel, .weight = linear_weight, .bias = view.bias});
  }
}

void PackedMlp::Layer::multiply(const PackedLinear::Rows& rows, const CodeRows& codes) const {
  if (!is_reduced) return linear.forward(rows);
  reduced.forward(rows.x, rows.x_stride, rows.num_rows, codes, rows.y, rows.y_stride);
  if (num_actions == 0) return;
  PackedLinear::Rows actions = rows;
  actions.x += reduced.num_inputs();
  linear.forward_last_inputs(actions, num_actions, /*start=*/nullptr);
}

void PackedMlp::reserve(const MlpView& layers, const PackFormat& format,
                        std::vector<PackTask>& tasks) {
  layers_.resize(layers.size());
  simnorm_dim_ = format.simnorm_dim;
  activation_kernel_ = &normed_activation_kernel(format.level);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerView& view = layers[i];
    FS_CHECK(view.weight != nullptr && view.bias != nullptr, "layer {} has no weights", i);
    FS_CHECK(i == 0 || view.num_inputs == layers[i - 1].num_outputs,
             "layer {} reads {} numbers, the one before gives {}", i, view.num_inputs,
             layers[i - 1].num_outputs);
    FS_CHECK((view.norm_weight == nullptr) == (view.norm_bias == nullptr),
             "layer {}: a LayerNorm has a weight and a bias", i);
    FS_CHECK(view.activation != Activation::kSimNorm || view.num_outputs % simnorm_dim_ == 0,
             "layer {}: {} outputs in groups of {}", i, view.num_outputs, simnorm_dim_);
    PackFormat own = format;
    if (i > 0) own.num_actions = 0;
    layers_[i].reserve(view, own, tasks);
  }
}

std::int64_t PackedMlp::max_width() const {
  std::int64_t width = 0;
  for (const Layer& layer : layers_) width = std::max(width, layer.width());
  return width;
}

std::int64_t PackedMlp::memory_bytes() const {
  std::int64_t bytes = 0;
  for (const Layer& layer : layers_)
    bytes += layer.linear.memory_bytes() + layer.reduced.memory_bytes();
  return bytes;
}

void PackedMlp::share_of_first_inputs(const float* z, std::int64_t num_inputs,
                                      std::int64_t num_rows, const CodeRows& codes,
                                      float* start) const {
  const Layer& layer = layers_.front();
  const std::int64_t width = layer.width();
  if (layer.is_reduced) {
    layer.reduced.forward(z, num_inputs, num_rows, codes, start, width);
    return;
  }
  layer.linear.forward_first_inputs(
      {.x = z, .x_stride = num_inputs, .num_rows = num_rows, .y = start, .y_stride = width},
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
  const Layer& layer = layers_[index];
  if (index == 0 && input.start != nullptr) {
    layer.linear.forward_last_inputs(rows, input.num_inputs, input.start);
  } else {
    layer.multiply(rows, scratch.codes);
  }
  return y;
}

NormTile PackedMlp::activation_tile(const Layer& layer, std::int64_t num_rows) const {
  const bool has_norm = !layer.norm_weight.empty();
  return {.num_rows = num_rows,
          .num_features = layer.num_outputs,
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
