#include "kernels/thread_team/thread_team.h"

#include <chrono>

#include "base/error.h"

namespace foresight {
namespace {

constexpr std::uint32_t kOpen = 1u << 31;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Returns when `value` is no longer `old`: spins a short while, then sleeps.
void wait_while_equal(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  const auto give_up =
      std::chrono::steady_clock::now() + std::chrono::microseconds(ThreadTeam::kSpinMicroseconds);
  do {
    for (int i = 0; i < 32; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      relax();
    }
  } while (std::chrono::steady_clock::now() < give_up);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadTeam::ThreadTeam(int num_threads) {
  FS_CHECK(num_threads >= 1, "a team of {} threads", num_threads);
  for (int thread = 1; thread < num_threads; ++thread) {
    workers_.emplace_back([this, thread] { work(thread); });
  }
}

ThreadTeam::~ThreadTeam() {
  is_stopping_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadTeam::run_erased(std::int64_t num_tasks, void* context, Function function) {
  context_ = context;
  function_ = function;
  num_tasks_ = num_tasks;
  next_task_.store(0, std::memory_order_relaxed);
  if (workers_.empty() || num_tasks == 1) return take_tasks(0);

  gate_.store(kOpen, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  take_tasks(0);
  std::uint32_t inside = gate_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  while (inside != 0) {
    wait_while_equal(gate_, inside);
    inside = gate_.load(std::memory_order_acquire);
  }
}

void ThreadTeam::take_tasks(int thread) {
  for (std::int64_t task;
       (task = next_task_.fetch_add(1, std::memory_order_relaxed)) < num_tasks_;) {
    function_(context_, task, thread);
  }
}

bool ThreadTeam::enter_round() {
  std::uint32_t gate = gate_.load(std::memory_order_relaxed);
  while (gate & kOpen) {
    if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

void ThreadTeam::leave_round() {
  if (gate_.fetch_sub(1, std::memory_order_acq_rel) == 1) gate_.notify_all();
}

void ThreadTeam::work(int thread) {
  std::uint32_t round = 0;
  while (true) {
    wait_while_equal(round_, round);
    round = round_.load(std::memory_order_acquire);
    if (is_stopping_.load(std::memory_order_relaxed)) return;
    if (!enter_round()) continue;
    take_tasks(thread);
    leave_round();
  }
}

}  // namespace foresight
