// SIGINT, SIGTERM and SIGUSR1 (a batch system's warning) ask the loop to save and leave; a second
// one leaves at once, except in jobs: batch systems send the same word in several ways.
#pragma once

namespace foresight {

// While one lives, the signals are caught; at most one lives at a time.
class StopSignal {
 public:
  enum class Second { kLeaves, kIsIgnored };
  explicit StopSignal(Second second = Second::kLeaves);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal's number, 0 if none came.
  int received() const;
};

}  // namespace foresight
