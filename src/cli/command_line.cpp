#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "cli/command.h"

namespace foresight {
namespace {

// What people type for `help` and `version`.
std::string canonical(const std::string& word) {
  if (word == "--help" || word == "-h") return "help";
  if (word == "--version" || word == "-V") return "version";
  return word;
}

std::unique_ptr<CLI::App> app_of(const std::string& word, const CommandEntry& entry,
                                 Command& command) {
  auto app = std::make_unique<CLI::App>(entry.summary, "foresight " + word);
  command.declare(*app);
  if (!entry.examples.empty()) {
    std::string footer = "Examples:";
    for (const std::string& example : entry.examples) footer += "\n  " + example;
    app->footer(footer);
  }
  return app;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// Unknown options by themselves: CLI11 names them, but no neighbour.
void check_options(const CLI::App& app, const std::vector<std::string>& words,
                   const std::string& word) {
  const auto known = option_names(app);
  for (const std::string& text : words) {
    if (!text.starts_with("--")) continue;
    const std::string name = text.substr(0, text.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    fail("foresight {}: unknown option {}{}\n  see: foresight help {}", word, name,
         did_you_mean(name, known), word);
  }
}

std::string general_help() {
  std::string text =
      "Foresight trains, evaluates and shows agents that plan with a learned world model.\n\n"
      "usage: foresight WORD ...\n\n";
  const auto& registry = CommandRegistry::instance();
  for (const std::string& word : registry.names()) {
    const CommandEntry& entry = registry.find(word, "word");
    text += fmt::format("  {:<10} {}\n", word, entry.summary);
    for (const std::string& example : entry.examples) {
      text += fmt::format("  {:<10}   {}\n", "", example);
    }
  }
  return text + "\nfor all options of a word: foresight help WORD\n";
}

}  // namespace

std::string help_text(const std::string& word) {
  if (word.empty()) return general_help();
  const CommandEntry& entry = CommandRegistry::instance().find(word, "word");
  const auto command = entry.make();
  return app_of(word, entry, *command)->help();
}

int run_command_line(const std::vector<std::string>& words) {
  if (words.empty()) {
    fmt::print("{}", general_help());
    return 0;
  }
  const std::string word = canonical(words[0]);
  const CommandEntry& entry = CommandRegistry::instance().find(word, "word");
  const auto command = entry.make();
  const auto app = app_of(word, entry, *command);
  std::vector<std::string> rest(words.begin() + 1, words.end());
  check_options(*app, rest, word);
  std::reverse(rest.begin(), rest.end());  // CLI11 takes them from the back
  try {
    app->parse(rest);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app->help());
    return 0;
  } catch (const CLI::ParseError& problem) {
    fail("foresight {}: {}\n  see: foresight help {}", word, problem.what(), word);
  }
  return command->run();
}

}  // namespace foresight
