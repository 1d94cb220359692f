// The processes that a process started, for tests that kill them.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace foresight {

// Children of all threads of `process`, those included that ended and were not waited for.
inline std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code gone;
  const auto tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::ifstream in(task.path() / "children");
    for (pid_t child = 0; in >> child;) children.push_back(child);
  }
  return children;
}

// Lets others work for so long.
inline void pass(int milliseconds) { poll(nullptr, 0, milliseconds); }

// Asks again and again, for two minutes at most.
template <typename Condition>
bool wait_until(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    pass(1);
  }
  return true;
}

// A handle on a process that stays valid when its number goes to another one; -1: there is none.
inline int open_process(pid_t process) {
  return static_cast<int>(syscall(SYS_pidfd_open, process, 0));
}

// Whether the process ends within two minutes. Closes the handle.
inline bool ends(int process_fd) {
  pollfd fd{.fd = process_fd, .events = POLLIN, .revents = 0};
  const bool has_ended = poll(&fd, 1, 120'000) == 1;
  close(process_fd);
  return has_ended;
}

}  // namespace foresight
