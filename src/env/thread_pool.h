// Threads that share a loop by fixed parts: thread t of T always does the same indices, so no
// result can depend on who was faster. A call allocates nothing.
#pragma once

#include <barrier>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace foresight {

class ThreadPool {
 public:
  // The caller is one of the threads.
  explicit ThreadPool(std::int64_t num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // task(index) for every index in [0, size), returns when all are done. Rethrows what a task
  // threw, the lowest thread's first.
  template <typename Task>
  void for_each(std::int64_t size, const Task& task) {
    run({.call =
             [](const void* context, std::int64_t begin, std::int64_t end) {
               for (auto i = begin; i < end; ++i) (*static_cast<const Task*>(context))(i);
             },
         .context = &task,
         .size = size});
  }

 private:
  struct Loop {
    void (*call)(const void* context, std::int64_t begin, std::int64_t end) = nullptr;
    const void* context = nullptr;
    std::int64_t size = 0;
  };

  void run(const Loop& loop);
  void run_part(std::int64_t thread_index);
  void work(std::int64_t thread_index);

  std::int64_t num_threads_;
  Loop loop_;
  bool must_stop_ = false;
  std::vector<std::exception_ptr> errors_;  // [T]
  std::barrier<> start_;
  std::barrier<> finish_;
  std::vector<std::thread> workers_;
};

}  // namespace foresight
