#include "nn/linear.h"

#include "base/error.h"
#include "kernels/elu/elu.h"
#include "kernels/linear_training/linear_training.h"
#include "nn/compute_team.h"
#include "nn/matmul_format.h"
#include "nn/torch.h"

namespace foresight {
namespace {

// The calling thread's own, like the team that works on it.
LinearWorkspace& workspace() {
  thread_local LinearWorkspace instance;
  return instance;
}

// Rows that the kernel can walk along; copies only what is laid out otherwise.
Tensor with_contiguous_rows(const Tensor& rows) {
  const bool is_walkable = rows.stride(-1) == 1 && rows.stride(-2) >= rows.size(-1);
  return is_walkable ? rows : rows.contiguous();
}

// rows [R, width] or [E, R, width].
MemberRows view_of(const Tensor& rows) {
  return {.data = rows.const_data_ptr<float>(),
          .row_stride = rows.stride(-2),
          .member_stride = rows.dim() == 3 ? rows.stride(0) : 0};
}

LinearShape shape_of(const Tensor& x, const Tensor& weight) {
  return {.num_members = weight.size(0),
          .num_rows = x.size(-2),
          .num_inputs = weight.size(2),
          .num_outputs = weight.size(1)};
}

enum class After { kNothing, kElu };

// x [R, K] or [E, R, K], weight [E, N, K], bias [E, N] -> [E, R, N].
class Fused : public torch::autograd::Function<Fused> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x,
                        const Tensor& weight, const Tensor& bias, After after) {
    const LinearShape shape = shape_of(x, weight);
    Tensor y = torch::empty({shape.num_members, shape.num_rows, shape.num_outputs}, x.options());
    linear_forward(shape, view_of(x), weight.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                   y.data_ptr<float>(), workspace(), compute_team());
    if (after == After::kElu) {
      elu_forward(y.data_ptr<float>(), y.numel(), shape.level, compute_team());
    }
    context->saved_data["has_elu"] = after == After::kElu;
    context->save_for_backward({x, weight, after == After::kElu ? y : Tensor()});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const LinearShape shape = shape_of(x, weight);
    const Tensor grad_y = context->saved_data["has_elu"].toBool()
                              ? before_elu(saved[2], grads[0].contiguous(), shape.level)
                              : with_contiguous_rows(grads[0]);
    const bool wants_weight = context->needs_input_grad(1) || context->needs_input_grad(2);
    Tensor grad_x, grad_weight, grad_bias;
    LinearGrad grad{.grad_y = view_of(grad_y),
                    .x = view_of(x),
                    .weight = weight.const_data_ptr<float>(),
                    .sums_members = x.dim() == 2};
    if (context->needs_input_grad(0)) {
      grad_x = torch::empty(x.sizes(), x.options());
      grad.grad_x = grad_x.data_ptr<float>();
    }
    if (wants_weight) {
      grad_weight = torch::empty(weight.sizes(), weight.options());
      grad_bias = torch::empty({shape.num_members, shape.num_outputs}, weight.options());
      grad.grad_weight = grad_weight.data_ptr<float>();
      grad.grad_bias = grad_bias.data_ptr<float>();
    }
    linear_backward(shape, grad, workspace(), compute_team());
    return {grad_x, grad_weight, grad_bias, Tensor()};
  }

 private:
  static Tensor before_elu(const Tensor& y, const Tensor& grad_y, CpuLevel level) {
    Tensor result = torch::empty_like(grad_y);
    elu_backward(y.const_data_ptr<float>(), grad_y.const_data_ptr<float>(),
                 result.data_ptr<float>(), y.numel(), level, compute_team());
    return result;
  }
};

bool is_fused(const Tensor& x) { return x.device().is_cpu() && x.scalar_type() == torch::kFloat32; }

}  // namespace

Tensor linear_plain(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return torch::addmm(bias, x, weight.t());
}

Tensor linear_elu_plain(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return torch::elu(linear_plain(x, weight, bias));
}

Tensor linear_ensemble_plain(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor rows = x.dim() == 3 ? x : x.unsqueeze(0).expand({weight.size(0), -1, -1});
  return torch::baddbmm(bias.unsqueeze(1), rows, weight.transpose(1, 2));
}

namespace {

// In the format that a MatmulFormatScope asks for.
Tensor linear_elsewhere(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  RoundedWeights* const rounded = MatmulFormatScope::rounded_weights();
  if (rounded != nullptr) return linear_in_bf16(x, weight, bias, *rounded);
  return weight.dim() == 2 ? linear_plain(x, weight, bias) : linear_ensemble_plain(x, weight, bias);
}

}  // namespace

Tensor linear_ensemble(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  FS_CHECK((x.dim() == 2 || (x.dim() == 3 && x.size(0) == weight.size(0))) && weight.dim() == 3 &&
               x.size(-1) == weight.size(2),
           "inputs and stacked weights do not fit");
  FS_CHECK(bias.dim() == 2 && bias.size(0) == weight.size(0) && bias.size(1) == weight.size(1),
           "stacked weights and biases do not fit");
  if (!is_fused(x)) return linear_elsewhere(x, weight, bias);
  return Fused::apply(with_contiguous_rows(x), weight.contiguous(), bias.contiguous(),
                      After::kNothing);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  FS_CHECK(x.dim() == 2 && weight.dim() == 2 && bias.dim() == 1, "one layer and its rows");
  if (!is_fused(x)) return linear_elsewhere(x, weight, bias);
  return linear_ensemble(x, weight.unsqueeze(0), bias.unsqueeze(0)).squeeze(0);
}

Tensor linear_elu(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  FS_CHECK(x.dim() == 2 && weight.dim() == 2 && bias.dim() == 1, "one layer and its rows");
  if (!is_fused(x)) return linear_elu_plain(x, weight, bias);
  return Fused::apply(with_contiguous_rows(x), weight.unsqueeze(0).contiguous(),
                      bias.unsqueeze(0).contiguous(), After::kElu)
      .squeeze(0);
}

Tensor linear_weight_gradient(const Tensor& grad_y, const Tensor& x) {
  FS_CHECK(grad_y.dim() == 2 && x.dim() == 2 && grad_y.size(0) == x.size(0), "rows of two arrays");
  if (!is_fused(x)) return grad_y.t().mm(x);
  const torch::NoGradGuard no_grad;
  const Tensor grad_rows = with_contiguous_rows(grad_y), rows = with_contiguous_rows(x);
  Tensor result = torch::empty({grad_y.size(1), x.size(1)}, x.options());
  linear_backward(
      {.num_rows = x.size(0), .num_inputs = x.size(1), .num_outputs = grad_y.size(1)},
      {.grad_y = view_of(grad_rows), .x = view_of(rows), .grad_weight = result.data_ptr<float>()},
      workspace(), compute_team());
  return result;
}

}  // namespace foresight
