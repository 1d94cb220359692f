// One word of the command line (`foresight train ...`). A word lives in its own file and registers
// itself; main, help and the suggestions for misspelt words find it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/registry.h"

namespace foresight {

class Command {
 public:
  virtual ~Command() = default;
  // Adds arguments and options, bound to members.
  virtual void declare(CLI::App& app) = 0;
  // Returns the exit status of the program.
  virtual int run() = 0;
};

struct CommandEntry {
  std::string summary;                // one line for `foresight help`
  std::vector<std::string> examples;  // "foresight train hockey/quick"
  std::function<std::unique_ptr<Command>()> make;
};
using CommandRegistry = Registry<CommandEntry>;

// Runs the words given to the program; returns the exit status. Errors pass through.
int run_command_line(const std::vector<std::string>& words);

// The help of one word, or of all when `word` is empty.
std::string help_text(const std::string& word = "");

// FS_REGISTER_WORD("train", TrainCommand, "what it does", "example", "another example");
#define FS_REGISTER_WORD(word, CommandType, summary, ...)                                 \
  [[maybe_unused]] const bool foresight_registered_##CommandType =                        \
      ::foresight::CommandRegistry::instance().add(                                       \
          word, ::foresight::CommandEntry{summary, {__VA_ARGS__}, [] {                    \
                                            return std::unique_ptr<::foresight::Command>( \
                                                std::make_unique<CommandType>());         \
                                          }})

}  // namespace foresight
