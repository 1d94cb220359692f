// Where time goes: named scopes, as a table and as a trace that chrome://tracing and Perfetto show.
// While it is off, a scope costs one load.
//
//   const ProfileScope scope("plan/score");
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace foresight {

struct ProfileLine {
  std::string name;
  std::int64_t calls = 0;
  double total_s = 0.0;  // scopes within it included
  double self_s = 0.0;   // without them
  double max_ms = 0.0;   // of one call
};

class Profiler {
 public:
  static bool is_on() { return is_on_.load(std::memory_order_relaxed); }
  // Forgets what was measured before.
  static void start();
  static void stop();
  // Most time of their own first.
  static std::vector<ProfileLine> table();
  // Trace Event Format, "X" events with microseconds. The first million scopes are in it; the table
  // counts all. Error: the path and the reason of the system.
  static void write_trace(const std::filesystem::path& path);

 private:
  static std::atomic<bool> is_on_;
};

class ProfileScope {
 public:
  // `name` must live until the profile is written: a literal.
  explicit ProfileScope(const char* name) {
    if (Profiler::is_on()) begin(name);
  }
  ~ProfileScope() {
    if (name_ != nullptr) end();
  }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  void begin(const char* name);
  void end();

  const char* name_ = nullptr;  // null: not measured
  ProfileScope* outer_ = nullptr;
  Clock::time_point begin_{};
  double inner_s_ = 0.0;
};

// The table as text, a line each.
std::string profile_text(const std::vector<ProfileLine>& table);

}  // namespace foresight
