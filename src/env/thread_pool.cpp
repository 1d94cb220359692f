#include "env/thread_pool.h"

#include <utility>

namespace foresight {

ThreadPool::ThreadPool(std::int64_t num_threads)
    : num_threads_(num_threads), errors_(num_threads), start_(num_threads), finish_(num_threads) {
  for (std::int64_t i = 1; i < num_threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  must_stop_ = true;
  start_.arrive_and_wait();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::run(const Loop& loop) {
  loop_ = loop;
  start_.arrive_and_wait();
  run_part(0);
  finish_.arrive_and_wait();
  std::exception_ptr first;
  for (auto& error : errors_) {
    const auto thrown = std::exchange(error, nullptr);
    if (first == nullptr) first = thrown;
  }
  if (first != nullptr) std::rethrow_exception(first);
}

void ThreadPool::run_part(std::int64_t thread_index) {
  try {
    loop_.call(loop_.context, loop_.size * thread_index / num_threads_,
               loop_.size * (thread_index + 1) / num_threads_);
  } catch (const std::exception&) {  // handed to the caller, who rethrows it
    errors_[thread_index] = std::current_exception();
  }
}

void ThreadPool::work(std::int64_t thread_index) {
  for (;;) {
    start_.arrive_and_wait();
    if (must_stop_) return;
    run_part(thread_index);
    finish_.arrive_and_wait();
  }
}

}  // namespace foresight
