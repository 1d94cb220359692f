// Constants of normal densities.
#pragma once

namespace foresight {

inline constexpr double kHalfLogTwoPi = 0.91893853320467274178;  // 0.5 log(2 pi)

}  // namespace foresight
