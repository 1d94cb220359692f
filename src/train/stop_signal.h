// SIGINT, SIGTERM and SIGUSR1 (a batch system's warning) ask the loop to save and leave; a second
// one leaves at once.
#pragma once

namespace foresight {

// While one lives, the signals are caught; at most one lives at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal's number, 0 if none came.
  int received() const;
};

}  // namespace foresight
