// A batch of matrix products with packed operands, cut into tiles for a ThreadTeam:
//   c[e][m][n] = start[e][n] + the sum over i of a[e][m][i] b[e][i][n].
// Axes: E members, M rows, I what is summed over, N columns.
#pragma once

#include <cstdint>

#include "kernels/packed_linear/aligned_floats.h"
#include "kernels/packed_linear/linear_kernel.h"

namespace foresight {

struct BatchedProduct {
  const LinearKernel* kernel = nullptr;
  std::int64_t num_members = 1;
  std::int64_t num_rows = 0;     // M
  std::int64_t num_inputs = 0;   // I
  std::int64_t num_columns = 0;  // N
  // a: rows a_stride floats apart, or, packed, row panels that follow each other.
  const float* a = nullptr;
  std::int64_t a_stride = 0;
  std::int64_t a_member_stride = 0;
  bool is_a_packed = false;
  const float* panels = nullptr;  // b, packed
  std::int64_t panels_member_stride = 0;
  const float* start = nullptr;  // padded to whole panels
  std::int64_t start_member_stride = 0;
  float* c = nullptr;  // [E, M, N] contiguous, or [M, N] where sums_members
  bool sums_members = false;

  std::int64_t num_panels() const;
  std::int64_t num_row_blocks() const;
};

// How a product is cut: a task is a run of row blocks times a run of panels of one member (of all
// members, one after the other, where they are summed). The cut does not change any bit.
class ProductTasks {
 public:
  ProductTasks() = default;
  ProductTasks(const BatchedProduct& product, int num_threads);

  std::int64_t size() const { return num_members_ * num_row_tasks_ * num_panel_tasks_; }
  // edge_tile: edge_tile_floats() of this thread.
  void run(std::int64_t task, float* edge_tile) const;

  static std::int64_t edge_tile_floats(const LinearKernel& kernel);

 private:
  struct Part {
    std::int64_t member, row, row_end, panel, panel_end;
  };
  void run_member(const Part& part, bool goes_on, float* edge_tile) const;

  BatchedProduct product_;
  std::int64_t num_members_ = 0;  // those that are tasks of their own
  std::int64_t num_row_tasks_ = 0;
  std::int64_t num_panel_tasks_ = 0;
};

}  // namespace foresight
