// The threads that our own CPU kernels share, as many as LibTorch uses for its operations. One team
// a process: two pools of the machine's size would rob each other of the cores.
#pragma once

#include "kernels/thread_team/thread_team.h"

namespace foresight {

// Made at the first call. One caller at a time, as ThreadTeam asks.
ThreadTeam& compute_team();

}  // namespace foresight
