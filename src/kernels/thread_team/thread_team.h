// A few threads that wait together for the next piece of work. A call costs a few microseconds: the
// threads spin for at most kSpinMicroseconds before they sleep, so that other pools of the process
// (LibTorch's OpenMP) are not robbed of their cores.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace foresight {

class ThreadTeam {
 public:
  static constexpr int kSpinMicroseconds = 30;

  // num_threads >= 1 counts the caller; a team of 1 starts no thread.
  explicit ThreadTeam(int num_threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(task, thread) once for each task in [0, num_tasks), thread in [0, size()), and
  // returns when all are done. Tasks are handed out as threads get free. `body` must not throw and
  // must not call run() of the same team; one caller at a time.
  template <typename Body>
  void run(std::int64_t num_tasks, Body&& body) {
    if (num_tasks <= 0) return;
    run_erased(num_tasks, &body, [](void* context, std::int64_t task, int thread) {
      (*static_cast<std::remove_reference_t<Body>*>(context))(task, thread);
    });
  }

 private:
  using Function = void (*)(void* context, std::int64_t task, int thread);

  void run_erased(std::int64_t num_tasks, void* context, Function function);
  void take_tasks(int thread);
  void work(int thread);
  bool enter_round();
  void leave_round();

  std::vector<std::thread> workers_;
  // What to do; written by the caller before the gate opens.
  void* context_ = nullptr;
  Function function_ = nullptr;
  std::int64_t num_tasks_ = 0;
  std::atomic<std::int64_t> next_task_{0};
  std::atomic<std::uint32_t> round_{0};  // raised once for each run(); what sleepers wait for
  // kOpen while run() has tasks to give, plus the number of workers taking them. A worker that the
  // system wakes too late finds the round closed and is not waited for.
  std::atomic<std::uint32_t> gate_{0};
  std::atomic<bool> is_stopping_{false};
};

}  // namespace foresight
