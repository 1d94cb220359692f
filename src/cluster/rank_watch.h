// Watches over the other ranks of a training, in a thread beside it: who dies, hangs (its process
// gives no sign of life for 20 s of ours) or says that it failed, is reported to whoever waits for
// it. A training that does not wait for anybody just then, say because it evaluates, is ended 5 s
// later: nobody goes on alone, and no process is left behind.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace foresight {

// Another rank is gone, so this one cannot go on.
class RankLost : public Error {
 public:
  RankLost(std::string cause, int rank);
  const std::string& cause() const { return cause_; }  // "rank 1 of 2 (process 57) has died"

 private:
  std::string cause_;
};

// How ranks give signs of life; called by the watch's own thread only.
class RankPulse {
 public:
  virtual ~RankPulse() = default;
  virtual void beat() = 0;
  // Changes as long as that rank is alive.
  virtual std::uint64_t beats_of(int rank) = 0;
  // Why that rank will not come back, if that is known, as RankLost says it; empty otherwise.
  virtual std::string end_of(int rank) = 0;
};

struct RankWatchTimes {
  double beat_s = 0.5;      // between two signs of life
  double silence_s = 20.0;  // after which a rank counts as hung
  double grace_s = 5.0;     // from a loss until this process is ended, if it does not end itself
};

class RankWatch {
 public:
  // `leave` is called with the cause when the grace is over; it is expected not to come back.
  RankWatch(RankPulse& pulse, int rank, int size,
            std::function<void(const std::string& cause)> leave, RankWatchTimes times = {});
  ~RankWatch();
  RankWatch(const RankWatch&) = delete;
  RankWatch& operator=(const RankWatch&) = delete;

  // RankLost, if one is. Cheap.
  void check() const;
  std::string loss() const { return is_lost_.load() ? cause_ : ""; }

 private:
  struct Seen {
    std::uint64_t beats = 0;
    double silent_s = 0.0;
  };
  void watch();
  void look_at(int rank, double passed_s);

  RankPulse& pulse_;
  int rank_;
  int size_;
  std::function<void(const std::string&)> leave_;
  RankWatchTimes times_;
  std::vector<Seen> seen_;
  std::string cause_;  // written once, before is_lost_
  std::atomic<bool> is_lost_ = false;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace foresight
