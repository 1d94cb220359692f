// Noise whose power falls with frequency: 1 / f^exponent. 0 is white (independent draws), 1 pink, 2
// red. Source: Timmer and Koenig 1995, "On generating power law noise"; for exploration, Eberhard
// et al. 2023, "Pink noise is all you need", ICLR.
#pragma once

#include <span>

#include "base/rng.h"

namespace foresight {

// A sequence of N(0, 1) numbers, each, that are correlated in time; the spectrum's exponent in
// [0, 2]. A period of the sequence is its length.
void fill_coloured_noise(std::span<float> sequence, double exponent, Rng& rng);

}  // namespace foresight
