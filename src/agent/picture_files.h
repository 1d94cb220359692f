// What a checkpoint holds of the pictures of an agent's replay: frames in a folder that all
// checkpoints of a run share, and frames.safetensors with the rest: which of them belong to it, and
// those of unfinished episodes. Goes with agent/replay_files.h.
#pragma once

#include "agent/agent.h"
#include "replay/picture_replay.h"

namespace foresight {

// Removes frames that neither this nor an earlier checkpoint needs.
void write_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                    const CheckpointPlace& place);
// After the replay itself was read. Error: frames that are missing.
void read_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                   const CheckpointPlace& place);
// Error: they lie with the ranks that wrote them, and are not shared out over another number.
[[noreturn]] void refuse_to_share_pictures(std::int64_t num_ranks, std::int64_t num_shards);
// Where they lie: told to PictureReplay::frames() before the first step.
std::filesystem::path frames_folder(const std::filesystem::path& lasting);

}  // namespace foresight
