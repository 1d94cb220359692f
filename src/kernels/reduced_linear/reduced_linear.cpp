#include "kernels/reduced_linear/reduced_linear.h"

#include <algorithm>

#include "base/error.h"

namespace foresight {
namespace {

// Words and floats share their memory: both have 32 bits, and neither is read as the other.
std::uint32_t* words_of(AlignedFloats& memory) {
  return reinterpret_cast<std::uint32_t*>(memory.data());
}
const std::uint32_t* words_of(const AlignedFloats& memory) {
  return reinterpret_cast<const std::uint32_t*>(memory.data());
}

}  // namespace

void CodeBuffer::reserve(std::int64_t max_rows, std::int64_t max_inputs) {
  // Room for pairs, the wider of the two forms.
  const std::int64_t stride = spread_stride((max_inputs + 1) / 2);
  memory_.reserve(max_rows * (stride + 2));
  rows_ = {.words = words_of(memory_),
           .stride = stride,
           .scale = memory_.data() + max_rows * stride,
           .offset = memory_.data() + max_rows * (stride + 1)};
}

void ReducedLinear::reserve(std::int64_t num_inputs, std::int64_t num_outputs, Precision precision,
                            CpuLevel level) {
  FS_CHECK(num_inputs > 0 && num_outputs > 0, "a layer of {} inputs and {} outputs", num_inputs,
           num_outputs);
  kernel_ = reduced_kernel(precision, level);
  FS_CHECK(kernel_ != nullptr, "fp32 is not a reduced precision");
  num_inputs_ = num_inputs;
  num_outputs_ = num_outputs;
  num_panels_ = (num_outputs + kReducedPanelWidth - 1) / kReducedPanelWidth;
  num_groups_ = (num_inputs + kernel_->group - 1) / kernel_->group;
  panels_.reserve(num_panels_ * num_groups_ * kReducedPanelWidth);
  numbers_.reserve(3 * padded_outputs());
}

void ReducedLinear::pack_panel(std::int64_t panel, const float* weight, std::int64_t row_stride,
                               const float* bias) {
  const std::int64_t output = panel * kReducedPanelWidth;
  const std::int64_t num_outputs =
      std::min<std::int64_t>(kReducedPanelWidth, num_outputs_ - output);
  float* numbers = numbers_.data() + output;
  kernel_->pack({.weight = weight + output * row_stride,
                 .row_stride = row_stride,
                 .num_inputs = num_inputs_,
                 .num_outputs = num_outputs,
                 .panel = words_of(panels_) + output * num_groups_,
                 .scale = numbers + padded_outputs(),
                 .sum = numbers + 2 * padded_outputs()});
  std::copy_n(bias + output, num_outputs, numbers);
  std::fill_n(numbers + num_outputs, kReducedPanelWidth - num_outputs, 0.0f);
}

void ReducedLinear::forward(const float* x, std::int64_t x_stride, std::int64_t num_rows,
                            const CodeRows& codes, float* y, std::int64_t y_stride) const {
  kernel_->encode(x, x_stride, num_rows, num_inputs_, codes);
  kernel_->run({.panels = words_of(panels_),
                .num_panels = num_panels_,
                .num_groups = num_groups_,
                .bias = numbers_.data(),
                .weight_scale = numbers_.data() + padded_outputs(),
                .weight_sum = numbers_.data() + 2 * padded_outputs(),
                .x = codes,
                .num_rows = num_rows,
                .y = y,
                .y_stride = y_stride});
}

}  // namespace foresight
