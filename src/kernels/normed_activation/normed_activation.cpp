#include "kernels/normed_activation/normed_activation.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/normed_activation/normed_activation_kernel.h"

namespace foresight {
namespace {

constexpr std::int64_t kRowsPerTask = 32;
// Sums over rows are gathered in this many parts, whatever the number of threads.
constexpr std::int64_t kNumParts = 16;

void check(const NormedActivation& op) {
  FS_CHECK(op.num_rows >= 0 && op.num_features > 0, "[{}, {}]", op.num_rows, op.num_features);
  FS_CHECK((op.norm_weight == nullptr) == (op.norm_bias == nullptr),
           "LayerNorm needs both weight and bias");
  FS_CHECK(op.dropout_mask == nullptr || op.activation != Activation::kSimNorm,
           "no kernel for dropout before SimNorm");
  if (op.activation == Activation::kSimNorm) {
    FS_CHECK(op.simnorm_dim > 0 && op.num_features % op.simnorm_dim == 0,
             "{} features in groups of {}", op.num_features, op.simnorm_dim);
  }
}

NormTile tile_of(const NormedActivation& op, const float* x, std::int64_t row,
                 std::int64_t row_end) {
  return {.num_rows = row_end - row,
          .num_features = op.num_features,
          .activation = op.activation,
          .simnorm_dim = op.simnorm_dim,
          .norm_weight = op.norm_weight,
          .norm_bias = op.norm_bias,
          .x = x + row * op.num_features,
          .x_stride = op.num_features,
          .dropout_mask = op.dropout_mask ? op.dropout_mask + row * op.num_features : nullptr,
          .mask_stride = op.num_features,
          .y_stride = op.num_features};
}

}  // namespace

const NormedActivationKernel& normed_activation_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::kAvx512) return kNormedActivationAvx512;
  if (level == CpuLevel::kAvx2) return kNormedActivationAvx2;
#else
  static_cast<void>(level);
#endif
  return kNormedActivationPlain;
}

void normed_activation_forward(const NormedActivation& op, const float* x, float* y, float* mean,
                               float* rstd, ThreadTeam& team) {
  check(op);
  const NormedActivationKernel& kernel = normed_activation_kernel(op.level);
  const std::int64_t num_tasks = (op.num_rows + kRowsPerTask - 1) / kRowsPerTask;
  team.run(num_tasks, [&](std::int64_t task, int) {
    const std::int64_t row = task * kRowsPerTask;
    NormTile tile = tile_of(op, x, row, std::min(row + kRowsPerTask, op.num_rows));
    tile.y = y + row * op.num_features;
    tile.mean = mean ? mean + row : nullptr;
    tile.rstd = rstd ? rstd + row : nullptr;
    kernel.forward(tile);
  });
}

std::int64_t normed_activation_scratch(std::int64_t num_features) {
  return 2 * kNumParts * num_features;
}

void normed_activation_backward(const NormedActivation& op, const NormedActivationGrad& grad,
                                ThreadTeam& team) {
  check(op);
  const bool has_norm = op.norm_weight != nullptr;
  FS_CHECK(!has_norm || (grad.mean && grad.rstd && grad.grad_norm_weight && grad.grad_norm_bias &&
                         grad.scratch),
           "the gradient of a LayerNorm needs all of its arrays");
  const NormedActivationKernel& kernel = normed_activation_kernel(op.level);
  const std::int64_t width = op.num_features;
  team.run(kNumParts, [&](std::int64_t part, int) {
    const std::int64_t row = op.num_rows * part / kNumParts;
    const std::int64_t row_end = op.num_rows * (part + 1) / kNumParts;
    float* weight_part = has_norm ? grad.scratch + 2 * part * width : nullptr;
    float* bias_part = has_norm ? weight_part + width : nullptr;
    if (has_norm) std::fill_n(weight_part, 2 * width, 0.0f);
    kernel.backward({.forward = tile_of(op, grad.x, row, row_end),
                     .mean = has_norm ? grad.mean + row : nullptr,
                     .rstd = has_norm ? grad.rstd + row : nullptr,
                     .grad_y = grad.grad_y + row * width,
                     .grad_x = grad.grad_x + row * width,
                     .grad_weight = weight_part,
                     .grad_bias = bias_part});
  });
  if (!has_norm) return;
  std::fill_n(grad.grad_norm_weight, width, 0.0f);
  std::fill_n(grad.grad_norm_bias, width, 0.0f);
  for (std::int64_t part = 0; part < kNumParts; ++part) {
    const float* weight_part = grad.scratch + 2 * part * width;
    for (std::int64_t i = 0; i < width; ++i) {
      grad.grad_norm_weight[i] += weight_part[i];
      grad.grad_norm_bias[i] += weight_part[width + i];
    }
  }
}

}  // namespace foresight
