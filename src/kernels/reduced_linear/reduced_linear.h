// y = W x + b with weights of few bits, for planning, which only ranks sequences. Inputs are
// rounded row by row as they come. Axes: R rows, K inputs, N outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/packed_linear/aligned_floats.h"
#include "kernels/reduced_linear/reduced_kernel.h"
#include "kernels/simd/cpu_level.h"

namespace foresight {

// Work space of one thread for the codes of a tile's rows.
class CodeBuffer {
 public:
  void reserve(std::int64_t max_rows, std::int64_t max_inputs);
  CodeRows rows() { return rows_; }
  std::int64_t memory_bytes() const { return memory_.size() * 4; }

 private:
  AlignedFloats memory_;
  CodeRows rows_;
};

class ReducedLinear {
 public:
  // Makes room for weights [N, K]; precision is not kFp32.
  void reserve(std::int64_t num_inputs, std::int64_t num_outputs, Precision precision,
               CpuLevel level);

  std::int64_t num_panels() const { return num_panels_; }
  std::int64_t num_inputs() const { return num_inputs_; }
  std::int64_t padded_outputs() const { return num_panels_ * kReducedPanelWidth; }
  std::int64_t memory_bytes() const { return (panels_.size() + numbers_.size()) * 4; }

  // Panels can be packed by different threads. weight [N, .], rows row_stride floats apart, of
  // which the first K are taken; bias [N].
  void pack_panel(std::int64_t panel, const float* weight, std::int64_t row_stride,
                  const float* bias);

  // x [R, K], rows x_stride floats apart -> codes -> y [R, padded_outputs()].
  void forward(const float* x, std::int64_t x_stride, std::int64_t num_rows, const CodeRows& codes,
               float* y, std::int64_t y_stride) const;

 private:
  const ReducedKernel* kernel_ = nullptr;
  std::int64_t num_inputs_ = 0;
  std::int64_t num_outputs_ = 0;
  std::int64_t num_panels_ = 0;
  std::int64_t num_groups_ = 0;
  AlignedFloats panels_;   // 32-bit words
  AlignedFloats numbers_;  // [3, padded_outputs()]: bias, weight_scale, weight_sum
};

}  // namespace foresight
