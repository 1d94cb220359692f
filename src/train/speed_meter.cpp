#include "train/speed_meter.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace foresight {
namespace {

// Of this process, in MiB; 0 where the system does not tell.
double resident_mb() {
  std::ifstream in("/proc/self/statm");
  double total_pages = 0.0;
  double resident_pages = 0.0;
  in >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
}

double num_open_files() {
  std::error_code problem;
  const std::filesystem::directory_iterator files("/proc/self/fd", problem);
  // One of them is the listing itself.
  return problem ? 0.0 : static_cast<double>(std::distance(begin(files), end(files)) - 1);
}

}  // namespace

SpeedMeter::SpeedMeter(double earlier_s) : earlier_s_(earlier_s), report_s_(earlier_s) {}

double SpeedMeter::elapsed_s() const {
  return earlier_s_ + std::chrono::duration<double>(Clock::now() - begin_).count();
}

void SpeedMeter::report(MetricWindow& window, ProgressState& shown) {
  const double now_s = elapsed_s();
  const double seconds = std::max(now_s - report_s_, 1e-9);
  shown.steps_per_s = static_cast<double>(steps_) / seconds;
  shown.updates_per_s = static_cast<double>(updates_) / seconds;
  window.add("speed/env_steps_per_s", shown.steps_per_s);
  window.add("speed/updates_per_s", shown.updates_per_s);
  window.add("speed/act_share", act_s_ / seconds);
  window.add("speed/game_share", game_s_ / seconds);
  window.add("speed/update_share", update_s_ / seconds);
  window.add("speed/resident_mb", resident_mb());
  window.add("speed/open_files", num_open_files());
  report_s_ = now_s;
  steps_ = updates_ = 0;
  act_s_ = game_s_ = update_s_ = 0.0;
}

void SpeedMeter::show(ProgressState& shown) const {
  const double seconds = elapsed_s() - report_s_;
  constexpr double kEnough = 3.0;  // a rate over less is noise
  if (seconds <= kEnough) return;
  shown.steps_per_s = static_cast<double>(steps_) / seconds;
  shown.updates_per_s = static_cast<double>(updates_) / seconds;
}

double SpeedMeter::estimate_left_s(std::int64_t steps, std::int64_t total_steps,
                                   double time_limit_s) {
  if (rate_begin_steps_ < 0) {
    rate_begin_steps_ = steps;
    rate_begin_s_ = elapsed_s();
  }
  if (steps == rate_begin_steps_) return -1.0;
  const double left_s = static_cast<double>(total_steps - steps) * (elapsed_s() - rate_begin_s_) /
                        static_cast<double>(steps - rate_begin_steps_);
  if (time_limit_s == 0.0) return std::max(left_s, 0.0);
  return std::max(0.0, std::min(left_s, time_limit_s - elapsed_s()));
}

}  // namespace foresight
