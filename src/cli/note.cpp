#include "cli/command.h"
#include "train/run_folder.h"
#include "train/run_record.h"

namespace foresight {
namespace {

class NoteCommand : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "a run, or last")->required();
    app.add_option("TEXT", text_, "what came out of it; without it the notes are shown");
  }

  int run() override {
    const auto folder = find_run(run_);
    RunRecord record = read_run_record(folder);
    if (!text_.empty()) {
      record.verdicts.push_back({local_time(), text_});
      write_run_record(folder, record);
    }
    fmt::print("{}\n", folder.string());
    if (!record.note.empty()) fmt::print("  before: {}\n", record.note);
    for (const Verdict& verdict : record.verdicts) {
      fmt::print("  {}: {}\n", verdict.time, verdict.text);
    }
    return 0;
  }

 private:
  std::string run_;
  std::string text_;
};

FS_REGISTER_WORD("note", NoteCommand, "writes down what came out of a run",
                 "foresight note last \"horizon 9 plans better, but learns slower\"",
                 "foresight note last");

}  // namespace
}  // namespace foresight
