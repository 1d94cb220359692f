// How far something has come: one line redrawn in place on a terminal, a plain line now and then
// elsewhere.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace foresight {

class LiveLine {
 public:
  // `is_live`: redraw one line in place; otherwise show() prints a line every report_every_s.
  LiveLine(std::FILE* stream, bool is_live, double report_every_s);
  ~LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  bool is_live() const { return is_live_; }
  // True when it is time to show the line anew; the clock then starts again.
  bool is_due();
  // The line, in place of the one before or below it.
  void show(const std::string& line);
  // A line that stays.
  void say(const std::string& line);
  // Takes the redrawn line away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::FILE* stream_;
  bool is_live_;
  double report_every_s_;
  bool is_line_shown_ = false;
  Clock::time_point last_shown_;
};

bool is_terminal(std::FILE* stream);
// "[#####...............]", share in [0, 1].
std::string progress_bar(double share);
// "1 h 05 min", "3 min 20 s", "8 s".
std::string duration_text(double seconds);

}  // namespace foresight
