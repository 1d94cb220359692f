#include "train/progress.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"

namespace foresight {
namespace {

constexpr double kRedrawEvery = 0.2;  // seconds
constexpr int kBarWidth = 20;

// Lines with date and time, on the disk as soon as they are said.
std::unique_ptr<spdlog::logger> open_log(const std::filesystem::path& file) {
  try {
    auto log = std::make_unique<spdlog::logger>(
        "log", std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string()));
    log->set_pattern("%Y-%m-%d %H:%M:%S  %v");
    log->flush_on(spdlog::level::info);
    return log;
  } catch (const spdlog::spdlog_ex& problem) {
    fail("{}: cannot write: {}", file.string(), problem.what());
  }
}

std::string bar(double share) {
  const int filled = std::clamp(static_cast<int>(share * kBarWidth), 0, kBarWidth);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "]";
}

// 950, 12.3k, 1.25M
std::string short_count(std::int64_t count) {
  if (count >= 1000000) return fmt::format("{:.2f}M", static_cast<double>(count) / 1e6);
  if (count >= 10000) return fmt::format("{:.1f}k", static_cast<double>(count) / 1e3);
  return fmt::format("{}", count);
}

// A line that wraps could not be redrawn.
std::string fitted(const std::string& line) {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 2) return line;
  return line.substr(0, window.ws_col - 1u);
}

}  // namespace

bool stdout_is_terminal() { return isatty(STDOUT_FILENO) != 0; }

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

std::string progress_line(const ProgressState& state) {
  const double share = static_cast<double>(state.steps) / static_cast<double>(state.total_steps);
  std::string line =
      fmt::format("{} {:.0f} %  {}/{} steps  {:.0f} steps/s  {:.1f} updates/s", bar(share),
                  100.0 * share, short_count(state.steps), short_count(state.total_steps),
                  state.steps_per_s, state.updates_per_s);
  if (state.left_s >= 0.0) line += "  ETA " + duration_text(state.left_s);
  if (state.has_return) line += fmt::format("  return {:.2f}", state.episode_return);
  for (const auto& [opponent, rate] : state.win_rates) {
    line += fmt::format("  {} {:.0f} % won", opponent, 100.0 * rate);
  }
  if (!state.activity.empty()) line += "  " + state.activity;
  return line;
}

Progress::Progress(const std::filesystem::path& log_file, bool is_live, double report_every_s)
    : log_(open_log(log_file)),
      is_live_(is_live),
      report_every_s_(report_every_s),
      last_shown_(Clock::now()) {}

Progress::~Progress() {
  if (is_line_shown_) std::fputs("\n", stdout);
  std::fflush(stdout);
}

void Progress::clear_live_line() {
  if (is_line_shown_) std::fputs("\r\033[K", stdout);
  is_line_shown_ = false;
}

void Progress::say(const std::string& line) {
  clear_live_line();
  fmt::print("{}\n", line);
  std::fflush(stdout);
  log_->info("{}", line);
}

void Progress::update(const ProgressState& state) {
  const auto now = Clock::now();
  const double waited = std::chrono::duration<double>(now - last_shown_).count();
  if (waited < (is_live_ ? kRedrawEvery : report_every_s_)) return;
  last_shown_ = now;
  if (!is_live_) {
    say(progress_line(state));
    return;
  }
  clear_live_line();
  fmt::print("{}", fitted(progress_line(state)));
  std::fflush(stdout);
  is_line_shown_ = true;
}

}  // namespace foresight
