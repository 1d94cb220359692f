// An Mlp of linear layers and ReLU, forward and backward by hand through kernels/linear_training:
// no autograd graph, and no memory is taken once the largest call has been seen. For networks so
// small that a graph costs as much as its sums. Axes: E ensemble members, R rows.
#pragma once

#include <span>
#include <vector>

#include "kernels/linear_training/linear_workspace.h"
#include "kernels/packed_linear/aligned_floats.h"
#include "nn/mlp.h"

namespace foresight {

class MlpTape {
 public:
  // Without LayerNorm. Both must outlive this; a single network counts as an ensemble of one.
  MlpTape(const Mlp& mlp, const ParameterSet& parameters);

  // x [R, in], which all members read and which must stay as it is until backward() -> [E, R, out].
  std::span<const float> forward(std::span<const float> x);

  // grad_y [E, R', out] of the first R' <= R rows of each member. Overwrites the parameters' flat
  // gradient; ReLU's slope at 0 is 0, as PyTorch's.
  void backward(std::span<const float> grad_y);
  // Parameters as constants: grad_x [R', in], the sum over all members.
  void backward_to_input(std::span<const float> grad_y, std::span<float> grad_x);

 private:
  struct Wanted {
    bool parameters = false;
    float* grad_x = nullptr;
  };
  void run_backward(std::span<const float> grad_y, const Wanted& wanted);
  void mask_by_activation(float* grad, std::size_t layer, std::int64_t num_rows) const;

  const Mlp& mlp_;
  const ParameterSet& parameters_;
  std::int64_t num_members_;
  std::int64_t num_rows_ = 0;           // R of the last forward()
  std::span<const float> x_;            // its input
  std::vector<AlignedFloats> outputs_;  // of each layer, [E, R, out]
  AlignedFloats grads_[2];              // by turns, [E, R', width]
  LinearWorkspace workspace_;
};

}  // namespace foresight
