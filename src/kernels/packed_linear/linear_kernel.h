// The matrix product of a tile of rows with packed weights, one implementation for each CpuLevel.
// Plain data only: this header is included by files compiled for different instruction sets.
//
// Weights [N, K] are stored as panels of `panel_width` outputs, inputs running slowest inside a
// panel, so that the kernel reads them in order:   panel 0: k = 0: w[0..W)[0], k = 1: w[0..W)[1]
// ...
#pragma once

#include <cstdint>

namespace foresight {

enum class CpuLevel;

struct LinearTile {
  // First wanted input of panel 0; panel p starts p * panel_stride floats later.
  const float* panels = nullptr;
  std::int64_t panel_stride = 0;
  std::int64_t num_panels = 0;
  std::int64_t num_inputs = 0;  // K, those of this call
  const float* x = nullptr;     // [rows, K], rows x_stride floats apart
  std::int64_t x_stride = 0;
  std::int64_t num_rows = 0;
  // What the sums of every row start from; padded to whole panels. Null: they go on from y.
  const float* start = nullptr;
  float* y = nullptr;  // [rows, num_panels * panel_width], rows y_stride floats apart
  std::int64_t y_stride = 0;
};

// y[r][n] = start[n] + the sum over k in ascending order of x[r][k] w[n][k]: a row's result does
// not depend on the other rows of the tile.
struct LinearKernel {
  int panel_width = 0;
  int row_panel_width = 0;  // rows that are multiplied at a time
  void (*run)(const LinearTile& tile) = nullptr;
  // The same with x given as row panels, x_stride floats from one to the next: panel 0 holds
  // k = 0: x[0..H)[0], k = 1: x[0..H)[1] ... with H = row_panel_width.
  void (*run_row_panels)(const LinearTile& tile) = nullptr;
  // weight [num_outputs, num_inputs] -> one panel; outputs beyond the last are 0.
  void (*pack_panel)(const float* weight, std::int64_t num_inputs, std::int64_t num_outputs,
                     float* panel) = nullptr;
  // The transposed matrix likewise: matrix [num_rows, num_columns], rows row_stride floats apart ->
  // one panel of num_columns outputs and num_rows inputs; columns beyond the last are 0.
  void (*pack_columns)(const float* matrix, std::int64_t row_stride, std::int64_t num_rows,
                       std::int64_t num_columns, float* panel) = nullptr;
  // One row panel of the transposed matrix, and the sum of each of its columns
  // sums [row_panel_width] (null: not wanted).
  void (*pack_row_panel)(const float* matrix, std::int64_t row_stride, std::int64_t num_rows,
                         std::int64_t num_columns, float* panel, float* sums) = nullptr;
};

extern const LinearKernel kLinearPlain;
extern const LinearKernel kLinearAvx2;
extern const LinearKernel kLinearAvx512;

const LinearKernel& linear_kernel(CpuLevel level);

}  // namespace foresight
