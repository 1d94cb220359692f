// Spreads a bonus for a won game back over its steps, more for the later ones.
// Source: the student hockey project at 5341212.
#pragma once

#include <cstdint>
#include <span>

namespace foresight {

// rewards [T]: r_t += bonus * discount^(T - 2 - t) for t = 0 .. T - 2; the last step stays.
void spread_win_bonus(std::span<float> rewards, double bonus, double discount);

}  // namespace foresight
