#include "train/rank_folder.h"

#include "base/error.h"
#include "train/checkpoint.h"
#include "train/loop_state.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

fs::path split_folder(const fs::path& run_folder, std::int64_t split) {
  return run_folder / "ranks" / fmt::format("split_{}", split);
}

fs::path own_folder(const fs::path& run_folder, const RankSeat& seat) {
  return split_folder(run_folder, seat.split) / fmt::format("rank_{}", seat.rank);
}

}  // namespace

fs::path rank_folder(const fs::path& run_folder, const RankSeat& seat) {
  return seat.rank == 0 ? run_folder : own_folder(run_folder, seat);
}

fs::path rank_lasting_folder(const fs::path& run_folder, const RankSeat& seat) {
  const bool is_plain = seat.rank == 0 && seat.split == 0;
  return lasting_folder(is_plain ? run_folder : own_folder(run_folder, seat));
}

fs::path rank_checkpoint(const fs::path& checkpoint, const RankSeat& seat) {
  const fs::path run_folder = checkpoint.parent_path().parent_path();
  return rank_folder(run_folder, seat) / checkpoint.parent_path().filename() /
         checkpoint.filename();
}

void verify_all_parts(const fs::path& checkpoint) {
  verify_checkpoint(checkpoint);
  const LoopState state = read_loop_state(checkpoint);
  for (int rank = 1; rank < state.num_ranks; ++rank) {
    verify_checkpoint(rank_checkpoint(checkpoint, {.rank = rank, .split = state.split}));
  }
}

void prune_splits(const fs::path& run_folder) {
  const auto kept = checkpoints_of(run_folder);
  if (kept.empty()) return;
  const std::int64_t oldest = read_loop_state(kept.front().folder).split;
  std::error_code ignored;
  if (oldest > 0) fs::remove_all(lasting_folder(run_folder), ignored);
  for (std::int64_t split = 0; split < oldest; ++split) {
    for (const auto& rank : fs::directory_iterator(split_folder(run_folder, split), ignored)) {
      fs::remove_all(rank.path() / "checkpoints", ignored);
    }
  }
}

}  // namespace foresight
