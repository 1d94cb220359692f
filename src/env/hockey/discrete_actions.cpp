#include "env/hockey/discrete_actions.h"

namespace foresight {

std::array<double, 4> discrete_to_continuous(int action, bool keep_mode) {
  switch (action) {
    case 1:
      return {-1, 0, 0, 0};
    case 2:
      return {1, 0, 0, 0};
    case 3:
      return {0, -1, 0, 0};
    case 4:
      return {0, 1, 0, 0};
    case 5:
      return {0, 0, -1, 0};
    case 6:
      return {0, 0, 1, 0};
    case 7:
      return {0, 0, 0, keep_mode ? 1.0 : 0.0};
    default:
      return {};
  }
}

}  // namespace foresight
