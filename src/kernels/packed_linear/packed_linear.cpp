#include "kernels/packed_linear/packed_linear.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {

void PackedLinear::reserve(std::int64_t num_inputs, std::int64_t num_outputs, CpuLevel level) {
  FS_CHECK(num_inputs > 0 && num_outputs > 0, "a layer of {} inputs and {} outputs", num_inputs,
           num_outputs);
  kernel_ = &linear_kernel(level);
  num_inputs_ = num_inputs;
  num_outputs_ = num_outputs;
  num_panels_ = (num_outputs + kernel_->panel_width - 1) / kernel_->panel_width;
  panels_.reserve(padded_outputs() * num_inputs);
  bias_.reserve(padded_outputs());
}

void PackedLinear::pack_panel(std::int64_t panel, const float* weight, const float* bias) {
  const std::int64_t output = panel * panel_width();
  const std::int64_t num_outputs = std::min(panel_width(), num_outputs_ - output);
  kernel_->pack_panel(weight + output * num_inputs_, num_inputs_, num_outputs,
                      panels_.data() + output * num_inputs_);
  float* packed_bias = bias_.data() + output;
  std::copy_n(bias + output, num_outputs, packed_bias);
  std::fill_n(packed_bias + num_outputs, panel_width() - num_outputs, 0.0f);
}

void PackedLinear::forward(const Rows& rows) const {
  kernel_->run(tile_of(rows, 0, num_inputs_, bias_.data()));
}

void PackedLinear::add_panels(const Rows& rows, std::int64_t first, std::int64_t count) const {
  LinearTile tile = tile_of(rows, 0, num_inputs_, /*start=*/nullptr);
  tile.panels += first * tile.panel_stride;
  tile.num_panels = count;
  tile.y += first * panel_width();
  kernel_->run(tile);
}

void PackedLinear::forward_first_inputs(const Rows& rows, std::int64_t num_inputs) const {
  kernel_->run(tile_of(rows, 0, num_inputs, bias_.data()));
}

void PackedLinear::forward_last_inputs(const Rows& rows, std::int64_t num_inputs,
                                       const float* start) const {
  kernel_->run(tile_of(rows, num_inputs_ - num_inputs, num_inputs, start));
}

LinearTile PackedLinear::tile_of(const Rows& rows, std::int64_t first_input,
                                 std::int64_t num_inputs, const float* start) const {
  return {.panels = panels_.data() + first_input * panel_width(),
          .panel_stride = num_inputs_ * panel_width(),
          .num_panels = num_panels_,
          .num_inputs = num_inputs,
          .x = rows.x,
          .x_stride = rows.x_stride,
          .num_rows = rows.num_rows,
          .start = start,
          .y = rows.y,
          .y_stride = rows.y_stride};
}

}  // namespace foresight
