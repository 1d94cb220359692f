// The weights of an Mlp of linear layers and ReLU packed for acting: forward only, on the caller's
// own thread, so that several networks can act in several threads at once. Axes: R rows.
#pragma once

#include <span>
#include <vector>

#include "kernels/packed_linear/packed_linear.h"
#include "nn/mlp.h"

namespace foresight {

class MlpInference {
 public:
  // A copy of the present weights of a single network on the CPU.
  void pack(const Mlp& mlp, const ParameterSet& parameters);

  // x [R, in] -> [R, out], valid until the next call.
  std::span<const float> forward(std::span<const float> x);

 private:
  std::vector<PackedLinear> layers_;
  AlignedFloats outputs_[2];  // of the layers by turns, rows padded to whole panels
  std::vector<float> result_;
};

}  // namespace foresight
