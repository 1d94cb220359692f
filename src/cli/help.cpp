#include "cli/command.h"

namespace foresight {
namespace {

class HelpCommand : public Command {
 public:
  void declare(CLI::App& app) override { app.add_option("WORD", word_, "the word to explain"); }
  int run() override {
    fmt::print("{}", help_text(word_));
    return 0;
  }

 private:
  std::string word_;
};

FS_REGISTER_WORD("help", HelpCommand, "explains the words", "foresight help train");

}  // namespace
}  // namespace foresight
