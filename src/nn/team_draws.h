// Large tensors of random numbers, drawn by the threads of the compute team together. The numbers
// are those that one thread would draw: an Rng counts, so a part of them can begin anywhere.
// All on the CPU.
#pragma once

#include "base/rng.h"
#include "base/tensor.h"

namespace foresight {

// 0 with probability `dropout`, 1 / (1 - dropout) otherwise: what inverted dropout multiplies by.
Tensor draw_dropout_mask(at::IntArrayRef shape, double dropout, Rng& rng);

// Gumbel(0, 1): added to log-probabilities, the largest sum is a draw by them. At most 17.3, as 24
// random bits have it.
Tensor draw_gumbel(at::IntArrayRef shape, Rng& rng);

}  // namespace foresight
