// Where a run keeps the frozen copies of its learner: selfplay/copy_0001/, ..., each a model. All
// of them stay, those that left the pool too: earlier checkpoints may still meet them.
#pragma once

#include <cstdint>
#include <filesystem>

namespace foresight {

std::filesystem::path copies_folder(const std::filesystem::path& run_folder);

// Makes the folder if it is not there. Error: the reason of the system.
void make_copies_folder(const std::filesystem::path& folder);

// Removes the copies after the first `num_copies`, and what a killed process left unfinished: they
// are not of the past that a resumed run goes on from.
void drop_copies_after(const std::filesystem::path& folder, std::int64_t num_copies);

}  // namespace foresight
