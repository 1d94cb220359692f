#include "train/background_thread.h"

#include <utility>

#include "base/error.h"

namespace foresight {

BackgroundThread::BackgroundThread() : thread_([this] { run(); }) {}

BackgroundThread::~BackgroundThread() {
  {
    const std::lock_guard guard(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BackgroundThread::begin(std::function<void()> work) {
  FS_CHECK(work != nullptr, "no work");
  {
    const std::lock_guard guard(mutex_);
    FS_CHECK(work_ == nullptr, "finish() comes before the next begin()");
    work_ = std::move(work);
  }
  changed_.notify_all();
}

void BackgroundThread::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return work_ == nullptr; });
  if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
}

void BackgroundThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return work_ != nullptr || is_stopping_; });
    if (work_ == nullptr) return;
    lock.unlock();
    std::exception_ptr error;
    try {
      work_();
    } catch (...) {  // carried to the caller's thread
      error = std::current_exception();
    }
    lock.lock();
    error_ = error;
    work_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace foresight
