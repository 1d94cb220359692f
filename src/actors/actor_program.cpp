#include "actors/actor_program.h"

#include <fmt/format.h>

#include "train/build_info.h"

namespace foresight {

std::string actor_program_text() {
  return fmt::format("{} ({})", program_version(), program_commit());
}

}  // namespace foresight
