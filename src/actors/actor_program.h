// Learner and actors must be the same build.
#pragma once

#include <string>

namespace foresight {

// "0.1.0 (1a2b3c4)".
std::string actor_program_text();

}  // namespace foresight
