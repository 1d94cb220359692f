// Runs the built program as a person would, in a folder of its own.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "io/scratch_folder.h"

namespace foresight {

namespace fs = std::filesystem;

inline const std::string kProgram = FORESIGHT_BINARY_DIR "/bin/foresight";

struct ProgramOutcome {
  int status = -1;
  std::string text;
};

// Waits for its end; its standard output.
inline ProgramOutcome run_shell(const std::string& command) {
  ProgramOutcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t size; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    outcome.text.append(buffer.data(), size);
  }
  outcome.status = WEXITSTATUS(pclose(pipe));
  return outcome;
}

class ProgramRun : public ScratchFolder {
 protected:
  ProgramOutcome run(const std::string& words) const { return run_shell(command(words) + " 2>&1"); }

  std::string command(const std::string& words) const {
    return fmt::format("cd '{}' && FORESIGHT_HOME='{}' '{}' {}", folder_.string(),
                       FORESIGHT_SOURCE_DIR, kProgram, words);
  }

  void expect(const std::string& words, int status, const std::string& part) const {
    const ProgramOutcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << words << "\n" << outcome.text;
    EXPECT_NE(outcome.text.find(part), std::string::npos) << words << "\n" << outcome.text;
  }
};

}  // namespace foresight
