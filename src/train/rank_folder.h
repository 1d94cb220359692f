// Where the ranks of a run (base/ranks.h) keep what each has for itself. Rank 0 keeps it in the run
// folder, as one that trains alone does; the others beside it:
//
//   ranks/split_0/rank_1/   log.txt, and checkpoints/ with its part of each
//
// A checkpoint of the run is complete when rank 0's is there: the others write theirs before. A run
// that goes on with another number of ranks shares everything out anew, into split_1, and so on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace foresight {

struct RankSeat {
  int rank = 0;
  std::int64_t split = 0;  // how often the run was shared out anew
};

// The run folder itself for rank 0.
std::filesystem::path rank_folder(const std::filesystem::path& run_folder, const RankSeat& seat);
// What its checkpoints share.
std::filesystem::path rank_lasting_folder(const std::filesystem::path& run_folder,
                                          const RankSeat& seat);
// Its part of a checkpoint, which is named by rank 0's.
std::filesystem::path rank_checkpoint(const std::filesystem::path& checkpoint,
                                      const RankSeat& seat);

// Error: what verify_checkpoint() says of it or of a rank's part of it.
void verify_all_parts(const std::filesystem::path& checkpoint);

// Removes the parts of checkpoints that no checkpoint of rank 0 belongs to any more, of splits
// before the one of its oldest.
void prune_splits(const std::filesystem::path& run_folder);

}  // namespace foresight
