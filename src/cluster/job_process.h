// One run as a job: the training in a process of its own, watched by this one, which passes signals
// on and writes down how it ended (train/exit_record.h), also when it was killed.
#pragma once

#include <filesystem>

#include "train/exit_record.h"

namespace foresight {

// Begins the run or goes on with it, and waits for its end. SIGTERM, SIGINT and SIGUSR1 ask it to
// save and stop. Its output goes to output.txt of the run folder.
ExitRecord run_job(const std::filesystem::path& run_folder);

// The exit status of a process that watched such a run: 0 done, 2 failed, 128 + signal otherwise.
int exit_status_of(const ExitRecord& record);

}  // namespace foresight
