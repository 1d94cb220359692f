// Batches from a DatasetStore, read ahead by a thread of its own. The sequence of batches depends
// on the random stream alone, never on who is faster.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "replay/dataset_store.h"

namespace foresight {

class DatasetPrefetcher {
 public:
  // `store` outlives it. Batches of `count` slices of `horizon` steps, drawn from `rng`.
  DatasetPrefetcher(const DatasetStore& store, std::int64_t count, std::int64_t horizon,
                    const RngState& rng);
  ~DatasetPrefetcher();
  DatasetPrefetcher(const DatasetPrefetcher&) = delete;
  DatasetPrefetcher& operator=(const DatasetPrefetcher&) = delete;

  // The next batch, valid until the one after it is asked for.
  SliceBatch& next();
  // The random stream before the batch that next() gives next: for checkpoints.
  RngState state() const;

 private:
  static constexpr std::size_t kAhead = 3;  // batches that lie ready at most

  struct Ready {
    SliceBatch batch;
    RngState behind;  // the stream after it was drawn
  };
  void run();

  const DatasetStore& store_;
  std::int64_t count_;
  std::int64_t horizon_;
  Rng rng_;
  RngState next_state_;
  SliceBatch current_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Ready> ready_;
  std::deque<SliceBatch> spare_;  // memory to be filled again
  std::exception_ptr error_;
  bool is_stopping_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace foresight
