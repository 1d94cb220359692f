// Shapes of some tensor operations on device "meta", where LibTorch knows them from Python only.
// None of them depends on a value. To be included by one file of a test program.
#pragma once

#include <ATen/ExpandUtils.h>
#include <torch/library.h>

#include <array>
#include <optional>
#include <tuple>
#include <vector>

#include "nn/torch.h"

namespace foresight::meta_shapes {

using at::Tensor;
using MaybeTensor = std::optional<Tensor>;

// Of a LayerNorm over the last axis: the result, mean and 1 / std of each row.
inline std::tuple<Tensor, Tensor, Tensor> layer_norm(const Tensor& x, c10::SymIntArrayRef /*shape*/,
                                                     const MaybeTensor& /*weight*/,
                                                     const MaybeTensor& /*bias*/, double /*eps*/) {
  auto rows = x.sizes().vec();
  rows.back() = 1;
  return {at::empty_like(x), at::empty(rows, x.options()), at::empty(rows, x.options())};
}

inline std::tuple<Tensor, Tensor, Tensor> layer_norm_backward(
    const Tensor& /*grad*/, const Tensor& x, c10::SymIntArrayRef /*shape*/, const Tensor& /*mean*/,
    const Tensor& /*rstd*/, const MaybeTensor& /*weight*/, const MaybeTensor& /*bias*/,
    std::array<bool, 3> wanted) {
  return {wanted[0] ? at::empty_like(x) : Tensor(), Tensor(), Tensor()};
}

inline Tensor relu(const Tensor& x) { return at::empty_like(x); }

inline std::tuple<Tensor, Tensor> log_sigmoid(const Tensor& x) {
  return {at::empty_like(x), at::empty_like(x)};
}

inline Tensor& abs(const Tensor& x, Tensor& out) { return out.resize_(x.sizes()), out; }

inline Tensor& logical_not(const Tensor& x, Tensor& out) { return out.resize_(x.sizes()), out; }

inline Tensor& nan_to_num(const Tensor& x, std::optional<double> /*nan*/,
                          std::optional<double> /*posinf*/, std::optional<double> /*neginf*/,
                          Tensor& out) {
  return out.resize_(x.sizes()), out;
}

inline Tensor& logical_and(const Tensor& a, const Tensor& b, Tensor& out) {
  return out.resize_(at::infer_size(a.sizes(), b.sizes())), out;
}

inline Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const auto shape = at::infer_size(condition.sizes(), at::infer_size(a.sizes(), b.sizes()));
  return at::empty(shape, condition.options().dtype(at::result_type(a, b)));
}

inline Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index) {
  auto shape = x.sizes().vec();
  shape[static_cast<std::size_t>(dim < 0 ? dim + x.dim() : dim)] = index.numel();
  return at::empty(shape, x.options());
}

// Without padding and dilation: all that we have. weight [out, in, h, w], transposed [in, out, h,
// w].
inline Tensor convolution(const Tensor& x, const Tensor& weight, const MaybeTensor& /*bias*/,
                          c10::SymIntArrayRef stride, c10::SymIntArrayRef /*padding*/,
                          c10::SymIntArrayRef /*dilation*/, bool is_transposed,
                          c10::SymIntArrayRef /*output_padding*/, c10::SymInt /*groups*/) {
  std::vector<std::int64_t> shape{x.size(0), weight.size(is_transposed ? 1 : 0)};
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
    const auto step = stride[static_cast<std::size_t>(axis - 2)].expect_int();
    shape.push_back(is_transposed ? (x.size(axis) - 1) * step + weight.size(axis)
                                  : (x.size(axis) - weight.size(axis)) / step + 1);
  }
  return at::empty(shape, x.options());
}

inline std::tuple<Tensor, Tensor, Tensor> convolution_backward(
    const Tensor& grad, const Tensor& x, const Tensor& weight, c10::SymIntArrayRef /*stride*/,
    c10::SymIntArrayRef /*padding*/, c10::SymIntArrayRef /*dilation*/, bool is_transposed,
    c10::SymIntArrayRef /*output_padding*/, c10::SymInt /*groups*/, std::array<bool, 3> wanted) {
  const auto biases = weight.size(is_transposed ? 1 : 0);
  return {wanted[0] ? at::empty_like(x) : Tensor(), wanted[1] ? at::empty_like(weight) : Tensor(),
          wanted[2] ? at::empty({biases}, grad.options()) : Tensor()};
}

}  // namespace foresight::meta_shapes

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  namespace shapes = foresight::meta_shapes;
  library.impl("native_layer_norm", shapes::layer_norm);
  library.impl("native_layer_norm_backward", shapes::layer_norm_backward);
  library.impl("convolution_overrideable", TORCH_FN(shapes::convolution));
  library.impl("convolution_backward_overrideable", TORCH_FN(shapes::convolution_backward));
  library.impl("relu", shapes::relu);
  library.impl("log_sigmoid_forward", shapes::log_sigmoid);
  library.impl("abs.out", shapes::abs);
  library.impl("nan_to_num.out", shapes::nan_to_num);
  library.impl("logical_not.out", shapes::logical_not);
  library.impl("logical_and.out", shapes::logical_and);
  library.impl("where.self", shapes::where);
  library.impl("index_select", shapes::index_select);
}
