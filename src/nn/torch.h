// What this project uses of LibTorch's C++ interface: tensor functions, autograd, Fourier transforms.
// Precompiled once for all files (src/CMakeLists.txt). torch/torch.h adds modules, optimisers and
// data loaders, whose templates cost every file that sees them six seconds more (GCC 12).
#pragma once

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/fft.h>
#include <torch/special.h>
#include <torch/types.h>
#include <torch/utils.h>
