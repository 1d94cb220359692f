#include "train/stop_signal.h"

#include <unistd.h>

#include <csignal>

namespace foresight {
namespace {

// A handler may touch nothing else.
volatile std::sig_atomic_t received_signal = 0;
volatile std::sig_atomic_t second_leaves = 1;

void on_signal(int number) {
  if (received_signal == 0) {
    received_signal = number;
  } else if (second_leaves != 0) {
    _exit(128 + number);
  }
}

}  // namespace

StopSignal::StopSignal(Second second) {
  received_signal = 0;
  second_leaves = second == Second::kLeaves ? 1 : 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGUSR1, SIG_DFL);
}

int StopSignal::received() const { return received_signal; }

}  // namespace foresight
