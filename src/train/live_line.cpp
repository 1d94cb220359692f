#include "train/live_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace foresight {
namespace {

constexpr double kRedrawEvery = 0.2;  // seconds
constexpr int kBarWidth = 20;

// A line that wraps could not be redrawn.
std::string fitted(const std::string& line, std::FILE* stream) {
  winsize window{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &window) != 0 || window.ws_col < 2) return line;
  return line.substr(0, window.ws_col - 1u);
}

}  // namespace

LiveLine::LiveLine(std::FILE* stream, bool is_live, double report_every_s)
    : stream_(stream),
      is_live_(is_live),
      report_every_s_(report_every_s),
      last_shown_(Clock::now()) {}

LiveLine::~LiveLine() {
  if (is_line_shown_) std::fputs("\n", stream_);
  std::fflush(stream_);
}

void LiveLine::clear() {
  if (is_line_shown_) {
    std::fputs("\r\033[K", stream_);
    std::fflush(stream_);
  }
  is_line_shown_ = false;
}

bool LiveLine::is_due() {
  const auto now = Clock::now();
  const double waited = std::chrono::duration<double>(now - last_shown_).count();
  if (waited < (is_live_ ? kRedrawEvery : report_every_s_)) return false;
  last_shown_ = now;
  return true;
}

void LiveLine::show(const std::string& line) {
  if (!is_live_) {
    say(line);
    return;
  }
  clear();
  fmt::print(stream_, "{}", fitted(line, stream_));
  std::fflush(stream_);
  is_line_shown_ = true;
}

void LiveLine::say(const std::string& line) {
  clear();
  fmt::print(stream_, "{}\n", line);
  std::fflush(stream_);
}

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) != 0; }

std::string progress_bar(double share) {
  const int filled = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "]";
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

}  // namespace foresight
