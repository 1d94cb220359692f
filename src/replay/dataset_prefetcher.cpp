#include "replay/dataset_prefetcher.h"

#include <utility>

namespace foresight {

DatasetPrefetcher::DatasetPrefetcher(const DatasetStore& store, std::int64_t count,
                                     std::int64_t horizon, const RngState& rng)
    : store_(store), count_(count), horizon_(horizon), rng_(rng), next_state_(rng), thread_([this] {
        run();
      }) {}

DatasetPrefetcher::~DatasetPrefetcher() {
  {
    const std::lock_guard guard(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

SliceBatch& DatasetPrefetcher::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || error_ != nullptr; });
  if (ready_.empty()) std::rethrow_exception(error_);
  spare_.push_back(std::exchange(current_, std::move(ready_.front().batch)));
  next_state_ = ready_.front().behind;
  ready_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return current_;
}

RngState DatasetPrefetcher::state() const {
  const std::lock_guard guard(mutex_);
  return next_state_;
}

void DatasetPrefetcher::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ready_.size() < kAhead || is_stopping_; });
    if (is_stopping_) return;
    SliceBatch batch;
    if (!spare_.empty()) {
      batch = std::move(spare_.front());
      spare_.pop_front();
    }
    lock.unlock();
    std::exception_ptr error;
    try {
      store_.sample(count_, horizon_, rng_, batch);
      store_.gather(horizon_, batch);
    } catch (...) {  // carried to the caller's thread
      error = std::current_exception();
    }
    lock.lock();
    error_ = error;
    if (error == nullptr) ready_.push_back({std::move(batch), rng_.state()});
    changed_.notify_all();
    if (error != nullptr) return;
  }
}

}  // namespace foresight
