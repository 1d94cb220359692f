#include "cli/recorded_run.h"

#include <new>

#include "base/error.h"
#include "train/exit_record.h"

namespace foresight {
namespace {

// The error of the run is what the user must see, not that its record cannot be written either.
void record_failure(const std::filesystem::path& run_folder, const char* message, bool is_memory) {
  try {
    ExitRecord record{.ending = Ending::kFailed};
    record.message = message;
    record.out_of_memory = is_memory;
    write_exit_record(run_folder, record);
  } catch (const Error& problem) {
    fmt::print(stderr, "{}\n", problem.what());
  }
}

}  // namespace

int run_recorded(const std::filesystem::path& run_folder, const Ranks& ranks,
                 const std::function<int()>& train) {
  if (ranks.rank() == 0) remove_exit_record(run_folder);
  try {
    const int signal = train();
    ExitRecord record{.ending = signal == 0 ? Ending::kDone : Ending::kStopped};
    record.signal = signal;
    if (ranks.rank() == 0) write_exit_record(run_folder, record);
    return signal == 0 ? 0 : 128 + signal;
  } catch (const std::bad_alloc&) {
    record_failure(run_folder, "the system gave no more memory", true);
    throw;
  } catch (const std::exception& error) {
    record_failure(run_folder, error.what(), false);
    throw;
  }
}

}  // namespace foresight
