// The original's discrete actions, which its keyboard player uses.
// Source: martius-lab/hockey-env 2.6, hockey_env.py, HockeyEnv.discrete_to_continous_action.
#pragma once

#include <array>

namespace foresight {

// 0 nothing, 1 left, 2 right, 3 down, 4 up, 5 clockwise, 6 counter-clockwise, 7 shoot (nothing
// without keep_mode); any other integer: nothing. As the left player sees the field.
// Returns force x, force y, torque, shoot.
std::array<double, 4> discrete_to_continuous(int action, bool keep_mode);

}  // namespace foresight
