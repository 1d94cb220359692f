#include "kernels/linear_training/batched_product.h"

#include <algorithm>

namespace foresight {
namespace {

// Rows of one task: their part of `a` stays in the second-level cache while the panels pass by.
constexpr std::int64_t kTaskRows = 96;
// A task should be worth the microsecond that handing it out costs.
constexpr double kMinTaskFlops = 1e6;
constexpr std::int64_t kTasksPerThread = 4;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

std::int64_t BatchedProduct::num_panels() const {
  return ceil_div(num_columns, kernel->panel_width);
}

std::int64_t BatchedProduct::num_row_blocks() const {
  return ceil_div(num_rows, kernel->row_panel_width);
}

ProductTasks::ProductTasks(const BatchedProduct& product, int num_threads)
    : product_(product), num_members_(product.sums_members ? 1 : product.num_members) {
  const std::int64_t blocks_per_task =
      std::max<std::int64_t>(kTaskRows / product.kernel->row_panel_width, 1);
  num_row_tasks_ = ceil_div(product.num_row_blocks(), blocks_per_task);
  num_panel_tasks_ = 1;
  if (num_threads == 1 || size() == 0) return;
  const double flops = 2.0 * static_cast<double>(product.num_members * product.num_rows) *
                       static_cast<double>(product.num_inputs * product.num_columns);
  const auto worthwhile = static_cast<std::int64_t>(flops / kMinTaskFlops);
  const std::int64_t wanted = std::min(kTasksPerThread * num_threads, worthwhile);
  num_panel_tasks_ = std::clamp(ceil_div(wanted, size()), std::int64_t{1}, product.num_panels());
}

void ProductTasks::run(std::int64_t task, float* edge_tile) const {
  const std::int64_t num_blocks = product_.num_row_blocks();
  const std::int64_t num_panels = product_.num_panels();
  const std::int64_t panel_task = task % num_panel_tasks_;
  const std::int64_t row_task = task / num_panel_tasks_ % num_row_tasks_;
  const auto row_of = [&](std::int64_t index) {
    const std::int64_t block = num_blocks * index / num_row_tasks_;
    return std::min(block * product_.kernel->row_panel_width, product_.num_rows);
  };
  Part part{.member = task / num_panel_tasks_ / num_row_tasks_,
            .row = row_of(row_task),
            .row_end = row_of(row_task + 1),
            .panel = num_panels * panel_task / num_panel_tasks_,
            .panel_end = num_panels * (panel_task + 1) / num_panel_tasks_};
  if (!product_.sums_members) return run_member(part, /*goes_on=*/false, edge_tile);
  for (part.member = 0; part.member < product_.num_members; ++part.member) {
    run_member(part, /*goes_on=*/part.member > 0, edge_tile);
  }
}

std::int64_t ProductTasks::edge_tile_floats(const LinearKernel& kernel) {
  return std::max<std::int64_t>(kTaskRows, kernel.row_panel_width) * kernel.panel_width;
}

void ProductTasks::run_member(const Part& part, bool goes_on, float* edge_tile) const {
  const BatchedProduct& p = product_;
  const std::int64_t width = p.kernel->panel_width;
  const std::int64_t panel_stride = p.num_inputs * width;
  const std::int64_t a_offset = p.is_a_packed ? part.row * p.num_inputs : part.row * p.a_stride;
  const std::int64_t c_member = p.sums_members ? 0 : part.member * p.num_rows * p.num_columns;
  LinearTile tile{
      .panels = p.panels + part.member * p.panels_member_stride + part.panel * panel_stride,
      .panel_stride = panel_stride,
      .num_inputs = p.num_inputs,
      .x = p.a + part.member * p.a_member_stride + a_offset,
      .x_stride = p.is_a_packed ? p.num_inputs * p.kernel->row_panel_width : p.a_stride,
      .num_rows = part.row_end - part.row,
      .start =
          goes_on ? nullptr : p.start + part.member * p.start_member_stride + part.panel * width,
      .y = p.c + c_member + part.row * p.num_columns + part.panel * width,
      .y_stride = p.num_columns};
  const auto multiply = p.is_a_packed ? p.kernel->run_row_panels : p.kernel->run;
  const std::int64_t whole_end = std::min(part.panel_end, p.num_columns / width);
  tile.num_panels = std::max<std::int64_t>(whole_end - part.panel, 0);
  if (tile.num_panels > 0) multiply(tile);
  if (part.panel_end == whole_end) return;

  // The kernel writes whole panels; of the last one, only some columns have a place in c.
  const std::int64_t num_columns = p.num_columns % width;
  float* c = tile.y + tile.num_panels * width;
  tile.panels += tile.num_panels * panel_stride;
  if (!goes_on) tile.start += tile.num_panels * width;
  tile.num_panels = 1;
  tile.y = edge_tile;
  tile.y_stride = width;
  for (std::int64_t r = 0; goes_on && r < tile.num_rows; ++r) {
    std::copy_n(c + r * p.num_columns, num_columns, edge_tile + r * width);
    std::fill_n(edge_tile + r * width + num_columns, width - num_columns, 0.0f);
  }
  multiply(tile);
  for (std::int64_t r = 0; r < tile.num_rows; ++r) {
    std::copy_n(edge_tile + r * width, num_columns, c + r * p.num_columns);
  }
}

}  // namespace foresight
