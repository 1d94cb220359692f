#include "nn/compute_team.h"

#include <ATen/Parallel.h>

namespace foresight {

ThreadTeam& compute_team() {
  static ThreadTeam team(at::get_num_threads());
  return team;
}

}  // namespace foresight
