// Drawing one of several by weight.
#pragma once

#include <cstddef>
#include <span>

#include "base/rng.h"

namespace foresight {

// The index of one of `weights` [K], each at least 0, with the probability weight / sum; all zero:
// each alike. Takes one number from `rng`. K is at least 1.
std::size_t choose_by_weight(std::span<const double> weights, Rng& rng);

}  // namespace foresight
