#include "train/progress.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <cstdio>

#include "base/error.h"

namespace foresight {
namespace {

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

// 950, 12.3k, 1.25M
std::string short_count(std::int64_t count) {
  if (count >= 1000000) return fmt::format("{:.2f}M", static_cast<double>(count) / 1e6);
  if (count >= 10000) return fmt::format("{:.1f}k", static_cast<double>(count) / 1e3);
  return fmt::format("{}", count);
}

}  // namespace

bool stdout_is_terminal() { return is_terminal(stdout); }

std::string progress_line(const ProgressState& state) {
  const double share = static_cast<double>(state.steps) / static_cast<double>(state.total_steps);
  std::string line =
      fmt::format("{} {:.0f} %  {}/{} steps  {:.0f} steps/s  {:.1f} updates/s", progress_bar(share),
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
    : log_(open_log(log_file)), line_(stdout, is_live, report_every_s) {}

Progress::~Progress() = default;

void Progress::say(const std::string& line) {
  line_.say(line);
  log_->info("{}", line);
}

void Progress::update(const ProgressState& state) {
  if (!line_.is_due()) return;
  if (line_.is_live()) {
    line_.show(progress_line(state));
  } else {
    say(progress_line(state));
  }
}

}  // namespace foresight
