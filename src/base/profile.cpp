#include "base/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <string_view>

#include "base/error.h"

namespace foresight {
namespace {

using Clock = std::chrono::steady_clock;

struct Event {
  const char* name;
  int thread;
  double begin_us;
  double duration_us;
};

constexpr std::size_t kMaxEvents = 1'000'000;

std::mutex mutex;  // of the three below
std::vector<Event> events;
std::map<std::string_view, ProfileLine> lines;
Clock::time_point start_time;

std::atomic<int> num_threads{0};
thread_local ProfileScope* current = nullptr;

int thread_number() {
  thread_local const int number = num_threads++;
  return number;
}

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

std::atomic<bool> Profiler::is_on_{false};

void Profiler::start() {
  const std::lock_guard lock(mutex);
  events.clear();
  lines.clear();
  start_time = Clock::now();
  is_on_ = true;
}

void Profiler::stop() { is_on_ = false; }

std::vector<ProfileLine> Profiler::table() {
  const std::lock_guard lock(mutex);
  std::vector<ProfileLine> result;
  for (const auto& [name, line] : lines) result.push_back(line);
  std::ranges::sort(result, std::greater{}, &ProfileLine::self_s);
  return result;
}

void Profiler::write_trace(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex);
  std::ofstream out(path);
  out << "{\"traceEvents\": [\n";
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    out << fmt::format(
        "{{\"name\": \"{}\", \"ph\": \"X\", \"pid\": 1, \"tid\": {}, \"ts\": {:.3f}, "
        "\"dur\": {:.3f}}}{}\n",
        event.name, event.thread, event.begin_us, event.duration_us,
        i + 1 < events.size() ? "," : "");
  }
  out << "]}\n";
  if (!out.flush()) fail("{}: cannot write the profile", path.string());
}

void ProfileScope::begin(const char* name) {
  name_ = name;
  outer_ = current;
  current = this;
  begin_ = Clock::now();
}

void ProfileScope::end() {
  const auto now = Clock::now();
  const double seconds = seconds_between(begin_, now);
  current = outer_;
  if (outer_ != nullptr) outer_->inner_s_ += seconds;
  const std::lock_guard lock(mutex);
  ProfileLine& line = lines[name_];
  line.name = name_;
  ++line.calls;
  line.total_s += seconds;
  line.self_s += seconds - inner_s_;
  line.max_ms = std::max(line.max_ms, 1000.0 * seconds);
  if (events.size() < kMaxEvents) {
    events.push_back(
        {name_, thread_number(), 1e6 * seconds_between(start_time, begin_), 1e6 * seconds});
  }
}

std::string profile_text(const std::vector<ProfileLine>& table) {
  double all_s = 0.0;
  for (const ProfileLine& line : table) all_s += line.self_s;
  std::string text = fmt::format("{:<18} {:>9} {:>10} {:>10} {:>7} {:>9} {:>9}\n", "where", "calls",
                                 "total s", "self s", "share", "mean ms", "max ms");
  for (const ProfileLine& line : table) {
    text += fmt::format("{:<18} {:>9} {:>10.3f} {:>10.3f} {:>5.1f} % {:>9.3f} {:>9.3f}\n",
                        line.name, line.calls, line.total_s, line.self_s,
                        all_s > 0.0 ? 100.0 * line.self_s / all_s : 0.0,
                        1000.0 * line.total_s / static_cast<double>(line.calls), line.max_ms);
  }
  return text;
}

}  // namespace foresight
