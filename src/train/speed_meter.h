// Where the time of a run goes, and when it will be over.
#pragma once

#include <chrono>
#include <cstdint>

#include "train/metrics_log.h"
#include "train/progress.h"

namespace foresight {

class SpeedMeter {
 public:
  // `earlier_s`: training time before this process.
  explicit SpeedMeter(double earlier_s);

  double elapsed_s() const;  // of the run, evaluations included, pauses not

  // Measures until it goes out of scope.
  class Watch {
   public:
    explicit Watch(double& total) : total_(total), begin_(Clock::now()) {}
    ~Watch() { total_ += std::chrono::duration<double>(Clock::now() - begin_).count(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    double& total_;
    std::chrono::steady_clock::time_point begin_;
  };
  Watch act() { return Watch(act_s_); }
  Watch game() { return Watch(game_s_); }
  Watch update() { return Watch(update_s_); }

  void count_steps(std::int64_t count) { steps_ += count; }
  void count_update() { ++updates_; }

  // Rates and shares since the last call, as speed/... into `window`.
  void report(MetricWindow& window, ProgressState& shown);
  // Rates so far, once they are more than noise.
  void show(ProgressState& shown) const;

  // Seconds to the end at the mean rate since the first call; negative: unknown.
  double estimate_left_s(std::int64_t steps, std::int64_t total_steps, double time_limit_s);

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point begin_ = Clock::now();
  double earlier_s_;
  // Since the last report.
  double report_s_;
  std::int64_t steps_ = 0;
  std::int64_t updates_ = 0;
  double act_s_ = 0.0;
  double game_s_ = 0.0;
  double update_s_ = 0.0;
  // Since learning began in this process.
  double rate_begin_s_ = 0.0;
  std::int64_t rate_begin_steps_ = -1;
};

}  // namespace foresight
