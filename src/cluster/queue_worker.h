// The process that works a LocalQueue off.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "cluster/local_queue.h"

namespace foresight {

class QueueWorker {
 public:
  QueueWorker(const LocalQueue& queue, int num_jobs) : queue_(queue), num_jobs_(num_jobs) {}

  // Returns at once if another process works the queue off.
  void run();

 private:
  void take_over();
  void begin_waiting();
  void collect();
  void stop_cancelled();
  void stop_all();
  void settle(const std::string& id, int status);

  const LocalQueue& queue_;
  int num_jobs_;
  std::map<pid_t, std::string> running_;  // process -> id
  std::map<pid_t, bool> asked_to_stop_;
};

}  // namespace foresight
