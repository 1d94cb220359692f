// What a person sees of a run: one live line on a terminal, a plain line now and then elsewhere.
// Whatever is said in full lines goes into log.txt too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "train/live_line.h"

namespace spdlog {
class logger;
}

namespace foresight {

struct ProgressState {
  std::int64_t steps = 0;
  std::int64_t total_steps = 1;
  double steps_per_s = 0.0;
  double updates_per_s = 0.0;
  double left_s = -1.0;  // estimated; negative: unknown
  std::string activity;  // "warm-up", "phase 1 of 2", "evaluating weak"
  bool has_return = false;
  double episode_return = 0.0;              // of recent episodes
  std::map<std::string, double> win_rates;  // last known, by opponent
};

class Progress {
 public:
  // `is_live`: redraw one line in place; otherwise print a line every report_every_s.
  Progress(const std::filesystem::path& log_file, bool is_live, double report_every_s);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void say(const std::string& line);
  // Cheap when nothing is due.
  void update(const ProgressState& state);

 private:
  std::unique_ptr<spdlog::logger> log_;
  LiveLine line_;
};

// The line itself, without its end.
std::string progress_line(const ProgressState& state);
bool stdout_is_terminal();

}  // namespace foresight
