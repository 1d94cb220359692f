// Checkpoints of a run: checkpoints/step_000000120000/, each with a list of its files and their
// checksums. One appears whole or not at all; what is in it is on the disk before it appears.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace foresight {

struct Checkpoint {
  std::int64_t step = 0;  // environment steps of all games
  std::filesystem::path folder;
};

// Of a run, oldest first. Unfinished ones, left by a killed process, are not among them.
std::vector<Checkpoint> checkpoints_of(const std::filesystem::path& run_folder);

// What all checkpoints of a run share.
std::filesystem::path lasting_folder(const std::filesystem::path& run_folder);

// `fill` writes files into the folder it is given, under another name until it is complete. A
// checkpoint of the same step is replaced. Error: the file and the reason of the system; nothing is
// left behind then, and earlier checkpoints stay as they are.
void write_checkpoint(const std::filesystem::path& run_folder, std::int64_t step,
                      const std::function<void(const std::filesystem::path&)>& fill);

// Error: the file that is missing, of another length, or damaged.
void verify_checkpoint(const std::filesystem::path& folder);

// Keeps the newest `count`.
void prune_checkpoints(const std::filesystem::path& run_folder, std::int64_t count);
// Removes those after `step`: they are not of the past that a resumed run goes on from.
void drop_checkpoints_after(const std::filesystem::path& run_folder, std::int64_t step);

// The newest checkpoint, after its files were checked. With `may_fall_back` the newest of those
// that are in order; `say` is told of each one passed over. Error: there is none, or the newest is
// damaged (what is wrong, and how to use the one before it).
Checkpoint choose_checkpoint(const std::filesystem::path& run_folder, bool may_fall_back,
                             const std::function<void(const std::string&)>& say);

}  // namespace foresight
