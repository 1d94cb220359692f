// What a checkpoint holds of the pictures of an agent's replay: frames in a folder that all
// checkpoints of a run share, and frames.safetensors with the rest: which of them belong to it, and
// those of unfinished episodes. Goes with agent/replay_files.h.
#pragma once

#include <string>

#include "agent/agent.h"
#include "io/safetensors.h"
#include "replay/picture_replay.h"

namespace foresight {

// Removes frames that neither this nor an earlier checkpoint needs.
void write_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                    const CheckpointPlace& place);
// After the replay itself was read. Error: frames that are missing.
void read_pictures(PictureReplay& pictures, const EpisodeIndex& index,
                   const CheckpointPlace& place);
// Where they lie: told to PictureReplay::frames() before the first step.
std::filesystem::path frames_folder(const std::filesystem::path& lasting);

// The parts of frames.safetensors, for agents that keep count of their frames themselves.
inline constexpr const char* kFramesFile = "frames.safetensors";
using UnfinishedFrames = PictureReplay::Unfinished;
void add_unfinished_frames(SafetensorsWriter& writer, const UnfinishedFrames& unfinished);
// The frames of a game are as many bytes as the file says. Error: an array is missing.
UnfinishedFrames read_unfinished_frames(const SafetensorsFile& file);
// Removes frames before `first_needed` and before what earlier checkpoints need: the first number
// of their array `key`; all of them, where one is damaged.
void drop_frames(FrameStore& frames, std::int64_t first_needed, const std::string& key,
                 const CheckpointPlace& place);

}  // namespace foresight
