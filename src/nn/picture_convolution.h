// Convolutions with stride 2 and no padding, and their transposes, as differentiable steps, with
// ELU if asked for. On the CPU through kernels/picture_convolution, elsewhere in plain tensor
// operations. Axes: N pictures, L and S edges, C and D channels of the large and the small one, K
// edge of the kernel.
#pragma once

#include "base/tensor.h"

namespace foresight {

enum class PictureActivation { kNone, kElu };

// Parameters as torch::conv2d and torch::conv_transpose2d have them.
struct PictureLayer {
  Tensor weight;  // [D, C, K, K] in both directions
  Tensor bias;    // [D] of a convolution, [C] of its transpose
  PictureActivation activation = PictureActivation::kNone;
};

// x [N, C, L, L] -> [N, D, S, S]; the result's channels lie next to each other in memory.
Tensor convolve_picture(const Tensor& x, const PictureLayer& layer);
// x [N, D, S, S] -> [N, C, L, L] with L = 2 (S - 1) + K.
Tensor transposed_convolve_picture(const Tensor& x, const PictureLayer& layer);

// The plain tensor forms that define them.
Tensor convolve_picture_plain(const Tensor& x, const PictureLayer& layer);
Tensor transposed_convolve_picture_plain(const Tensor& x, const PictureLayer& layer);

}  // namespace foresight
