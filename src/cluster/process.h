// Other programs: run to their end, or beside us.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace foresight {

struct ProgramResult {
  int status = 0;      // exit status; 127: there is no such program
  std::string output;  // standard output
  std::string error;   // standard error
};

// Waits for its end. words: program (looked up in PATH) and arguments.
ProgramResult run_program(const std::vector<std::string>& words);

// Runs beside us; it gets SIGTERM when the thread that began it ends, however that comes about. Its
// output and errors are appended to `output`. Error: it cannot be started.
pid_t begin_program(const std::vector<std::string>& words, const std::filesystem::path& output);
// The same, but on its own: it goes on when we, or our terminal, end.
void begin_detached_program(const std::vector<std::string>& words,
                            const std::filesystem::path& output);

// The file of the running program.
std::filesystem::path own_program();

// How often the system's memory killer struck on this machine since it was started; -1: unknown.
long num_memory_kills();

}  // namespace foresight
