// y = W x + b with the weights copied into the order in which the kernel reads them.
// Axes: R rows, K inputs, N outputs.
#pragma once

#include <cstdint>

#include "kernels/packed_linear/aligned_floats.h"
#include "kernels/packed_linear/linear_kernel.h"
#include "kernels/simd/cpu_level.h"

namespace foresight {

class PackedLinear {
 public:
  // Makes room for weights [N, K]. Allocates only where they are larger than before.
  void reserve(std::int64_t num_inputs, std::int64_t num_outputs, CpuLevel level);

  // Panels can be packed by different threads. A panel's rows of weight [N, K] and bias [N] are
  // copied; outputs past N become 0.
  std::int64_t num_panels() const { return num_panels_; }
  void pack_panel(std::int64_t panel, const float* weight, const float* bias);

  std::int64_t num_inputs() const { return num_inputs_; }
  std::int64_t num_outputs() const { return num_outputs_; }
  // The width of what forward() writes: whole panels.
  std::int64_t padded_outputs() const { return num_panels_ * panel_width(); }
  std::int64_t panel_width() const { return kernel_->panel_width; }
  std::int64_t memory_bytes() const { return (panels_.size() + bias_.size()) * 4; }

  struct Rows {
    const float* x = nullptr;  // [R, K], rows x_stride floats apart
    std::int64_t x_stride = 0;
    std::int64_t num_rows = 0;
    float* y = nullptr;  // [R, padded_outputs()], rows y_stride floats apart
    std::int64_t y_stride = 0;
  };
  void forward(const Rows& rows) const;
  // Some panels of it, on top of what is in y instead of the bias.
  void add_panels(const Rows& rows, std::int64_t first, std::int64_t count) const;
  // The first `num_inputs` inputs only, and later the others, going on from `start`
  // [padded_outputs()]. Both together give the same bits as forward().
  void forward_first_inputs(const Rows& rows, std::int64_t num_inputs) const;
  void forward_last_inputs(const Rows& rows, std::int64_t num_inputs, const float* start) const;

 private:
  LinearTile tile_of(const Rows& rows, std::int64_t first_input, std::int64_t num_inputs,
                     const float* start) const;

  const LinearKernel* kernel_ = nullptr;
  std::int64_t num_inputs_ = 0;
  std::int64_t num_outputs_ = 0;
  std::int64_t num_panels_ = 0;
  AlignedFloats panels_;
  AlignedFloats bias_;  // [padded_outputs()]
};

}  // namespace foresight
