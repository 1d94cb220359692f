#include "nn/picture_convolution.h"

#include "base/error.h"
#include "kernels/elu/elu.h"
#include "kernels/linear_training/linear_training.h"
#include "kernels/picture_convolution/picture_convolution.h"
#include "nn/compute_team.h"
#include "nn/torch.h"

namespace foresight {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Has one caller at a time, like the team of its thread.
PictureWorkspace& workspace() {
  thread_local PictureWorkspace instance;
  return instance;
}

LinearWorkspace& linear_workspace() {
  thread_local LinearWorkspace instance;
  return instance;
}

Tensor channels_last(const Tensor& x) { return x.permute({0, 2, 3, 1}).contiguous(); }

float* data(Tensor& x) { return x.data_ptr<float>(); }

// Pictures [N, L, L, C] or [N, S, S, D] and weight [D, K, K, C].
PictureConvolution shape_of(std::int64_t num_images, std::int64_t large_edge, const Tensor& weight,
                            PictureActivation activation) {
  return {.num_images = num_images,
          .large_edge = large_edge,
          .large_channels = weight.size(3),
          .small_channels = weight.size(0),
          .kernel = weight.size(1),
          .has_elu = activation == PictureActivation::kElu};
}

// Of ELU's argument, from that of its value y.
Tensor before_elu(const PictureConvolution& op, const Tensor& y, const Tensor& gradient) {
  const Tensor contiguous = gradient.contiguous();
  if (!op.has_elu) return contiguous;
  Tensor result = torch::empty_like(contiguous);
  elu_backward(y.const_data_ptr<float>(), contiguous.const_data_ptr<float>(), data(result),
               result.numel(), op.level, compute_team());
  return result;
}

// A small picture of one pixel, whose patch is the whole large one: one product.
bool is_one_patch(const PictureConvolution& op) { return op.large_edge == op.kernel; }

Tensor large_of(const PictureConvolution& op, const Tensor& small, const Tensor& weight,
                const float* bias) {
  Tensor large = torch::empty({op.num_images, op.large_edge, op.large_edge, op.large_channels},
                              small.options());
  if (!is_one_patch(op)) {
    large_from_small(op, small.const_data_ptr<float>(), weight.const_data_ptr<float>(), bias,
                     data(large), workspace(), compute_team());
    return large;
  }
  const LinearShape shape{
      .num_rows = op.num_images, .num_inputs = op.patch_size(), .num_outputs = op.small_channels};
  linear_backward(shape,
                  {.grad_y = {small.const_data_ptr<float>(), op.small_channels},
                   .weight = weight.const_data_ptr<float>(),
                   .grad_x = data(large)},
                  linear_workspace(), compute_team());
  if (bias != nullptr) {
    large.add_(torch::from_blob(const_cast<float*>(bias), {op.large_channels}, small.options()));
  }
  if (op.has_elu) elu_forward(data(large), large.numel(), op.level, compute_team());
  return large;
}

Tensor small_of(const PictureConvolution& op, const Tensor& large, const Tensor& weight,
                const float* bias) {
  Tensor small = torch::empty({op.num_images, op.small_edge(), op.small_edge(), op.small_channels},
                              large.options());
  small_from_large(op, large.const_data_ptr<float>(), weight.const_data_ptr<float>(), bias,
                   data(small), workspace(), compute_team());
  return small;
}

Tensor weight_gradient_of(const PictureConvolution& op, const Tensor& small, const Tensor& large) {
  Tensor gradient =
      torch::empty({op.small_channels, op.kernel, op.kernel, op.large_channels}, small.options());
  if (!is_one_patch(op)) {
    patch_products(op, small.const_data_ptr<float>(), large.const_data_ptr<float>(), data(gradient),
                   workspace(), compute_team());
  } else {
    const LinearShape shape{
        .num_rows = op.num_images, .num_inputs = op.patch_size(), .num_outputs = op.small_channels};
    linear_backward(shape,
                    {.grad_y = {small.const_data_ptr<float>(), op.small_channels},
                     .x = {large.const_data_ptr<float>(), op.patch_size()},
                     .grad_weight = data(gradient)},
                    linear_workspace(), compute_team());
  }
  return gradient;
}

// Channels last in all of it: x [N, L, L, C], weight [D, K, K, C], bias [D] -> [N, S, S, D].
struct Convolution2 : torch::autograd::Function<Convolution2> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, PictureActivation activation) {
    const PictureConvolution op = shape_of(x.size(0), x.size(1), weight, activation);
    const Tensor y = small_of(op, x, weight, bias.const_data_ptr<float>());
    context->saved_data["activation"] = static_cast<std::int64_t>(activation);
    context->save_for_backward({x, weight, y});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &y = saved[2];
    const auto activation =
        static_cast<PictureActivation>(context->saved_data["activation"].toInt());
    PictureConvolution op = shape_of(x.size(0), x.size(1), weight, activation);
    const Tensor gradient = before_elu(op, y, gradients[0]);
    op.has_elu = false;
    variable_list result(4);
    if (context->needs_input_grad(0)) result[0] = large_of(op, gradient, weight, nullptr);
    if (context->needs_input_grad(1)) result[1] = weight_gradient_of(op, gradient, x);
    if (context->needs_input_grad(2)) result[2] = gradient.sum(at::IntArrayRef{0, 1, 2});
    return result;
  }
};

// x [N, S, S, D], weight [D, K, K, C], bias [C] -> [N, L, L, C].
struct Transposed : torch::autograd::Function<Transposed> {
  static PictureConvolution op_of(const Tensor& x, const Tensor& weight,
                                  PictureActivation activation) {
    return shape_of(x.size(0), 2 * (x.size(1) - 1) + weight.size(1), weight, activation);
  }
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, PictureActivation activation) {
    const Tensor y =
        large_of(op_of(x, weight, activation), x, weight, bias.const_data_ptr<float>());
    context->saved_data["activation"] = static_cast<std::int64_t>(activation);
    context->save_for_backward({x, weight, y});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &y = saved[2];
    const auto activation =
        static_cast<PictureActivation>(context->saved_data["activation"].toInt());
    PictureConvolution op = op_of(x, weight, activation);
    const Tensor gradient = before_elu(op, y, gradients[0]);
    op.has_elu = false;
    variable_list result(4);
    if (context->needs_input_grad(0)) result[0] = small_of(op, gradient, weight, nullptr);
    if (context->needs_input_grad(1)) result[1] = weight_gradient_of(op, x, gradient);
    if (context->needs_input_grad(2)) result[2] = gradient.sum(at::IntArrayRef{0, 1, 2});
    return result;
  }
};

bool is_fused(const Tensor& x) { return x.device().is_cpu() && x.scalar_type() == torch::kFloat32; }

Tensor activated(const Tensor& x, PictureActivation activation) {
  return activation == PictureActivation::kElu ? torch::elu(x) : x;
}

}  // namespace

Tensor convolve_picture_plain(const Tensor& x, const PictureLayer& layer) {
  return activated(torch::conv2d(x, layer.weight, layer.bias, /*stride=*/2), layer.activation);
}

Tensor transposed_convolve_picture_plain(const Tensor& x, const PictureLayer& layer) {
  return activated(torch::conv_transpose2d(x, layer.weight, layer.bias, /*stride=*/2),
                   layer.activation);
}

Tensor convolve_picture(const Tensor& x, const PictureLayer& layer) {
  FS_CHECK(x.dim() == 4 && x.size(1) == layer.weight.size(1) && x.size(2) == x.size(3),
           "a layer for {} channels and square pictures", layer.weight.size(1));
  if (!is_fused(x)) return convolve_picture_plain(x, layer);
  return Convolution2::apply(channels_last(x), channels_last(layer.weight), layer.bias.contiguous(),
                             layer.activation)
      .permute({0, 3, 1, 2});
}

Tensor transposed_convolve_picture(const Tensor& x, const PictureLayer& layer) {
  FS_CHECK(x.dim() == 4 && x.size(1) == layer.weight.size(0) && x.size(2) == x.size(3),
           "a transposed layer for {} channels and square pictures", layer.weight.size(0));
  if (!is_fused(x)) return transposed_convolve_picture_plain(x, layer);
  return Transposed::apply(channels_last(x), channels_last(layer.weight), layer.bias.contiguous(),
                           layer.activation)
      .permute({0, 3, 1, 2});
}

}  // namespace foresight
