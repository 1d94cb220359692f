#include "nn/compute_team.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "base/error.h"

namespace foresight {
namespace {

int& thread_count() {
  static int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return count;
}

}  // namespace

void set_team_threads(int count) {
  FS_CHECK(count >= 1, "{} threads", count);
  thread_count() = count;
  at::set_num_threads(1);  // of this thread: the teams are ours
}

int team_threads() { return thread_count(); }

ThreadTeam& compute_team() {
  thread_local std::unique_ptr<ThreadTeam> team;
  if (team == nullptr || team->size() != team_threads()) {
    team = std::make_unique<ThreadTeam>(team_threads());
    at::set_num_threads(1);
  }
  return *team;
}

}  // namespace foresight
