// The one tensor type, without the rest of LibTorch (torch/torch.h costs 19 s a file).
#pragma once

#include <ATen/core/Tensor.h>

namespace foresight {
using Tensor = at::Tensor;
}  // namespace foresight
