// A run's exit record (train/exit_record.h), written by the process that trains.
#pragma once

#include <filesystem>
#include <functional>

#include "base/ranks.h"

namespace foresight {

// Calls `train`, which returns the signal that stopped it or 0, and writes down how it ended;
// errors pass through. Returns the exit status of the program. Of several ranks the first one says
// how a run ended well; an error, each that meets it.
int run_recorded(const std::filesystem::path& run_folder, const Ranks& ranks,
                 const std::function<int()>& train);

}  // namespace foresight
