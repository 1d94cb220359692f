#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"

int main(int argc, char** argv) {
  // A file beyond the size limit is an Error where it is written, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return foresight::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const foresight::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "internal error (please report it): %s\n", bug.what());
    return 1;
  }
}
