// A layer's weights packed for products of few rows, one after the other: packing them for each
// (nn/linear) would cost more than the product.
#pragma once

#include "base/tensor.h"
#include "kernels/packed_linear/packed_linear.h"

namespace foresight {

class ThinProduct {
 public:
  // weight [N, K], float32 on the CPU; copied.
  explicit ThinProduct(const Tensor& weight);

  // x [R, K], float32 on the CPU -> addend + x weight^T [R, N], without gradient. addend: [N], [R,
  // N] or undefined, for none. Shared out over the compute team, with the same bits for any number
  // of threads.
  Tensor operator()(const Tensor& x, const Tensor& addend) const;

 private:
  PackedLinear layer_;
};

}  // namespace foresight
