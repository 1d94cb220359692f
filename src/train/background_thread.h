// One thread that does a piece of work beside the caller's: the same thread every time, so that
// what libraries keep for a thread (teams, scratch memory) is kept.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace foresight {

class BackgroundThread {
 public:
  BackgroundThread();
  // Waits for the work that was begun; what it threw is lost.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // Returns at once. finish() comes before the next one.
  void begin(std::function<void()> work);
  // Waits for the end of the work; throws what it threw. Without work: nothing.
  void finish();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;  // empty: idle
  std::exception_ptr error_;
  bool is_stopping_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace foresight
