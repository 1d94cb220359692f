// The threads that our own CPU kernels share. LibTorch's own operations run on the calling thread
// only: the large products are ours, and OpenMP's threads spin while they wait, which on a machine
// that does anything else beside us costs more than they give (measured: 22 updates a second
// against 4 with one other busy process on two cores).
#pragma once

#include "kernels/thread_team/thread_team.h"

namespace foresight {

// How many threads the team has, the caller included; all cores unless told otherwise. To be told
// before the first model is made.
void set_team_threads(int count);
int team_threads();

// The calling thread's own: several threads that compute side by side never share one.
ThreadTeam& compute_team();

}  // namespace foresight
