#include "kernels/linear_training/linear_training.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "kernels/linear_training/batched_product.h"

namespace foresight {
namespace {

std::int64_t round_up(std::int64_t size, std::int64_t step) {
  return (size + step - 1) / step * step;
}

void check(const LinearShape& shape) {
  FS_CHECK(
      shape.num_members > 0 && shape.num_rows >= 0 && shape.num_inputs > 0 && shape.num_outputs > 0,
      "{} layers of {} inputs and {} outputs for {} rows", shape.num_members, shape.num_inputs,
      shape.num_outputs, shape.num_rows);
}

// Runs all tasks of some products at once.
template <std::size_t kCount>
void run_products(const std::array<const BatchedProduct*, kCount>& products,
                  LinearWorkspace& workspace, ThreadTeam& team) {
  std::array<ProductTasks, kCount> tasks;
  std::int64_t num_tasks = 0;
  std::int64_t tile_floats = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (products[i] == nullptr) continue;
    tasks[i] = ProductTasks(*products[i], team.size());
    num_tasks += tasks[i].size();
    tile_floats = ProductTasks::edge_tile_floats(*products[i]->kernel);
  }
  workspace.edge_tiles.reserve(tile_floats * team.size());
  team.run(num_tasks, [&](std::int64_t task, int thread) {
    for (const ProductTasks& part : tasks) {
      if (task < part.size()) {
        return part.run(task, workspace.edge_tiles.data() + thread * tile_floats);
      }
      task -= part.size();
    }
  });
}

// Operands of one backward call, each packed into panels by one task a panel.
class BackwardPacking {
 public:
  BackwardPacking(const LinearShape& shape, const LinearGrad& grad, LinearWorkspace& workspace)
      : shape_(shape),
        grad_(grad),
        workspace_(workspace),
        kernel_(linear_kernel(shape.level)),
        num_x_members_(grad.x.member_stride == 0 ? 1 : shape.num_members),
        num_input_panels_((shape.num_inputs + kernel_.panel_width - 1) / kernel_.panel_width),
        num_row_panels_((shape.num_outputs + kernel_.row_panel_width - 1) /
                        kernel_.row_panel_width) {
    const std::int64_t padded_inputs = num_input_panels_ * kernel_.panel_width;
    const std::int64_t padded_outputs = num_row_panels_ * kernel_.row_panel_width;
    if (grad.grad_x != nullptr) {
      num_weight_tasks_ = shape.num_members * num_input_panels_;
      workspace.weight_panels.reserve(shape.num_members * shape.num_outputs * padded_inputs);
    }
    if (grad.grad_weight != nullptr) {
      num_x_tasks_ = num_x_members_ * num_input_panels_;
      num_grad_y_tasks_ = shape.num_members * num_row_panels_;
      workspace.x_panels.reserve(num_x_members_ * shape.num_rows * padded_inputs);
      workspace.grad_y_panels.reserve(shape.num_members * shape.num_rows * padded_outputs);
      workspace.bias_sums.reserve(shape.num_members * padded_outputs);
    }
    workspace.starts.reserve(padded_inputs);
    std::fill_n(workspace.starts.data(), padded_inputs, 0.0f);
  }

  void run(ThreadTeam& team) {
    team.run(num_weight_tasks_ + num_x_tasks_ + num_grad_y_tasks_, [&](std::int64_t task, int) {
      if (task < num_weight_tasks_) return pack_weight(task);
      task -= num_weight_tasks_;
      task < num_x_tasks_ ? pack_x(task) : pack_grad_y(task - num_x_tasks_);
    });
  }

  // grad_x = grad_y W
  BatchedProduct grad_x_product() const {
    return {.kernel = &kernel_,
            .num_members = shape_.num_members,
            .num_rows = shape_.num_rows,
            .num_inputs = shape_.num_outputs,
            .num_columns = shape_.num_inputs,
            .a = grad_.grad_y.data,
            .a_stride = grad_.grad_y.row_stride,
            .a_member_stride = grad_.grad_y.member_stride,
            .panels = workspace_.weight_panels.data(),
            .panels_member_stride = shape_.num_outputs * num_input_panels_ * kernel_.panel_width,
            .start = workspace_.starts.data(),
            .c = grad_.grad_x,
            .sums_members = grad_.sums_members};
  }

  // grad_weight = grad_y^T x
  BatchedProduct grad_weight_product() const {
    const std::int64_t x_floats = shape_.num_rows * num_input_panels_ * kernel_.panel_width;
    return {.kernel = &kernel_,
            .num_members = shape_.num_members,
            .num_rows = shape_.num_outputs,
            .num_inputs = shape_.num_rows,
            .num_columns = shape_.num_inputs,
            .a = workspace_.grad_y_panels.data(),
            .a_member_stride = shape_.num_rows * num_row_panels_ * kernel_.row_panel_width,
            .is_a_packed = true,
            .panels = workspace_.x_panels.data(),
            .panels_member_stride = num_x_members_ == 1 ? 0 : x_floats,
            .start = workspace_.starts.data(),
            .c = grad_.grad_weight};
  }

  void copy_bias_sums() const {
    const std::int64_t padded = num_row_panels_ * kernel_.row_panel_width;
    for (std::int64_t e = 0; e < shape_.num_members; ++e) {
      std::copy_n(workspace_.bias_sums.data() + e * padded, shape_.num_outputs,
                  grad_.grad_bias + e * shape_.num_outputs);
    }
  }

 private:
  void pack_weight(std::int64_t task) {
    const std::int64_t member = task / num_input_panels_;
    const std::int64_t column = task % num_input_panels_ * kernel_.panel_width;
    kernel_.pack_columns(
        grad_.weight + member * shape_.num_outputs * shape_.num_inputs + column, shape_.num_inputs,
        shape_.num_outputs, shape_.num_inputs - column,
        workspace_.weight_panels.data() + task * shape_.num_outputs * kernel_.panel_width);
  }

  void pack_x(std::int64_t task) {
    const std::int64_t member = task / num_input_panels_;
    const std::int64_t column = task % num_input_panels_ * kernel_.panel_width;
    kernel_.pack_columns(grad_.x.data + member * grad_.x.member_stride + column, grad_.x.row_stride,
                         shape_.num_rows, shape_.num_inputs - column,
                         workspace_.x_panels.data() + task * shape_.num_rows * kernel_.panel_width);
  }

  void pack_grad_y(std::int64_t task) {
    const std::int64_t member = task / num_row_panels_;
    const std::int64_t height = kernel_.row_panel_width;
    const std::int64_t column = task % num_row_panels_ * height;
    kernel_.pack_row_panel(
        grad_.grad_y.data + member * grad_.grad_y.member_stride + column, grad_.grad_y.row_stride,
        shape_.num_rows, shape_.num_outputs - column,
        workspace_.grad_y_panels.data() + task * shape_.num_rows * height,
        grad_.grad_bias != nullptr ? workspace_.bias_sums.data() + task * height : nullptr);
  }

  const LinearShape& shape_;
  const LinearGrad& grad_;
  LinearWorkspace& workspace_;
  const LinearKernel& kernel_;
  std::int64_t num_x_members_;
  std::int64_t num_input_panels_;
  std::int64_t num_row_panels_;
  std::int64_t num_weight_tasks_ = 0;
  std::int64_t num_x_tasks_ = 0;
  std::int64_t num_grad_y_tasks_ = 0;
};

}  // namespace

void linear_forward(const LinearShape& shape, const MemberRows& x, const float* weight,
                    const float* bias, float* y, LinearWorkspace& workspace, ThreadTeam& team) {
  check(shape);
  const LinearKernel& kernel = linear_kernel(shape.level);
  const std::int64_t width = kernel.panel_width;
  const std::int64_t padded_outputs = round_up(shape.num_outputs, width);
  const std::int64_t num_panels = padded_outputs / width;
  workspace.weight_panels.reserve(shape.num_members * padded_outputs * shape.num_inputs);
  workspace.starts.reserve(shape.num_members * padded_outputs);
  team.run(shape.num_members * num_panels, [&](std::int64_t task, int) {
    const std::int64_t output = task % num_panels * width;
    const std::int64_t num_outputs = std::min(width, shape.num_outputs - output);
    const std::int64_t source = task / num_panels * shape.num_outputs + output;
    kernel.pack_panel(weight + source * shape.num_inputs, shape.num_inputs, num_outputs,
                      workspace.weight_panels.data() + task * width * shape.num_inputs);
    float* start = workspace.starts.data() + task * width;
    std::copy_n(bias + source, num_outputs, start);
    std::fill_n(start + num_outputs, width - num_outputs, 0.0f);
  });
  const BatchedProduct product{.kernel = &kernel,
                               .num_members = shape.num_members,
                               .num_rows = shape.num_rows,
                               .num_inputs = shape.num_inputs,
                               .num_columns = shape.num_outputs,
                               .a = x.data,
                               .a_stride = x.row_stride,
                               .a_member_stride = x.member_stride,
                               .panels = workspace.weight_panels.data(),
                               .panels_member_stride = padded_outputs * shape.num_inputs,
                               .start = workspace.starts.data(),
                               .start_member_stride = padded_outputs,
                               .c = y};
  run_products<1>({&product}, workspace, team);
}

void linear_backward(const LinearShape& shape, const LinearGrad& grad, LinearWorkspace& workspace,
                     ThreadTeam& team) {
  check(shape);
  FS_CHECK(grad.grad_bias == nullptr || grad.grad_weight != nullptr,
           "the gradient of a bias comes with that of its weight");
  if (grad.grad_x == nullptr && grad.grad_weight == nullptr) return;
  BackwardPacking packing(shape, grad, workspace);
  packing.run(team);
  const BatchedProduct grad_x = packing.grad_x_product();
  const BatchedProduct grad_weight = packing.grad_weight_product();
  run_products<2>({grad.grad_x != nullptr ? &grad_x : nullptr,
                   grad.grad_weight != nullptr ? &grad_weight : nullptr},
                  workspace, team);
  if (grad.grad_bias != nullptr) packing.copy_bias_sums();
}

}  // namespace foresight
