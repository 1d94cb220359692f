// A linear layer that a recurrence applies step by step. Backward, the steps only pass gradients on
// to their inputs; the weight's own gradient is one product over all steps at the end, instead of a
// thin one and an addition for each of them; and the weight is packed once for all of them. Steps
// of many rows go through nn/linear, where that does not pay. The result is that of torch::linear,
// rounded in another order (tests/nn/recurrent_linear_test.cpp). Axes: B rows of a step.
#pragma once

#include <torch/custom_class.h>

#include <optional>
#include <vector>

#include "base/tensor.h"
#include "nn/thin_product.h"
#include "nn/torch.h"

namespace foresight {

// What the steps leave for the product at the end.
struct LinearRecord : torch::CustomClassHolder {
  std::vector<Tensor> inputs;     // [B, in] each
  std::vector<Tensor> gradients;  // [B, out] each, of the same steps
  // The weight, packed at the first step of either direction.
  std::optional<ThinProduct> forward;
  std::optional<ThinProduct> backward;
};

class RecurrentLinear {
 public:
  // weight [out, in], a parameter, a part of one, or a constant. Lives for one forward pass.
  explicit RecurrentLinear(const Tensor& weight);

  // x [B, in] -> addend + x weight^T [B, out]; addend: a bias [out], or [B, out].
  Tensor operator()(const Tensor& x, const Tensor& addend) const;

 private:
  Tensor weight_;
  Tensor constant_;  // the same, detached
  Tensor handle_;    // ties the steps to the product at the end; undefined without gradients
  c10::intrusive_ptr<LinearRecord> record_;
};

}  // namespace foresight
