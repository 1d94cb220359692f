// exit.json of a run folder: how the run's last process ended. There is none while one is at work,
// nor where a process was killed and nobody watched it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foresight {

enum class Ending {
  kDone,     // came to the end of its steps or its time limit
  kStopped,  // by a signal that asks: it saved, and can go on
  kFailed,   // with an error message
  kKilled,   // by a signal that does not ask
};

struct ExitRecord {
  Ending ending = Ending::kDone;
  std::string time;  // local
  std::string host;
  int signal = 0;                       // 0: none
  bool out_of_memory = false;           // the system's memory killer, as far as it can be known
  std::string message;                  // of the error; empty: none
  std::vector<std::string> last_lines;  // of log.txt
};

std::string_view ending_word(Ending ending);  // "done", "stopped", ...

// Fills time, host and last lines itself.
void write_exit_record(const std::filesystem::path& run_folder, ExitRecord record);
void remove_exit_record(const std::filesystem::path& run_folder);
// None if there is no file. Error: it is damaged.
std::optional<ExitRecord> read_exit_record(const std::filesystem::path& run_folder);

// "stopped by SIGTERM", "failed: loss/total is nan ...", on one line.
std::string describe_ending(const ExitRecord& record);
// "SIGTERM" for 15; "signal 35" for one without a name.
std::string signal_name(int signal);

// The last `count` lines of a text file, none if it cannot be read.
std::vector<std::string> last_lines_of(const std::filesystem::path& file, std::size_t count);

}  // namespace foresight
