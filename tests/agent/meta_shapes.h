// Shapes of some tensor operations on device "meta", where LibTorch knows them from Python only.
// None of them depends on a value. To be included by one file of a test program.
#pragma once

#include <ATen/ExpandUtils.h>
#include <torch/library.h>

#include <array>
#include <optional>
#include <tuple>

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

}  // namespace foresight::meta_shapes

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  namespace shapes = foresight::meta_shapes;
  library.impl("native_layer_norm", shapes::layer_norm);
  library.impl("native_layer_norm_backward", shapes::layer_norm_backward);
  library.impl("relu", shapes::relu);
  library.impl("log_sigmoid_forward", shapes::log_sigmoid);
  library.impl("abs.out", shapes::abs);
  library.impl("nan_to_num.out", shapes::nan_to_num);
  library.impl("logical_not.out", shapes::logical_not);
  library.impl("logical_and.out", shapes::logical_and);
  library.impl("where.self", shapes::where);
  library.impl("index_select", shapes::index_select);
}
