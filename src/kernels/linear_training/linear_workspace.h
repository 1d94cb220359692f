// What linear_forward() and linear_backward() need besides their arguments. Kept by the caller from
// call to call: it grows to what the largest call needs, and then nothing is allocated any more.
#pragma once

#include <cstdint>

#include "kernels/packed_linear/aligned_floats.h"

namespace foresight {

struct LinearWorkspace {
  AlignedFloats weight_panels;
  AlignedFloats x_panels;
  AlignedFloats grad_y_panels;
  AlignedFloats starts;      // biases padded to whole panels, or zeros
  AlignedFloats bias_sums;   // gradients of biases, padded like grad_y_panels
  AlignedFloats edge_tiles;  // one a thread: a panel of which only some columns are wanted
};

}  // namespace foresight
