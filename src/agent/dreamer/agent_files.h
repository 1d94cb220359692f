// The files of a DreamerV2 agent besides its replay's numbers (agent/replay_files.h).
#pragma once

#include <array>
#include <filesystem>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/dreamer/learner.h"
#include "agent/picture_files.h"
#include "replay/frame_store.h"

namespace foresight {

// model.safetensors: world model, actor, critic and its slow copy, by name. Error: a missing tensor
// or another shape.
void write_dreamer_model(const DreamerLearner& learner, const std::filesystem::path& folder);
void read_dreamer_model(DreamerLearner& learner, const std::filesystem::path& folder);

// learner.safetensors: moments and step counts of the optimisers, random streams, the size of
// rewards, the age of the slow critic, the agent's steps.
using DreamerStreams = std::array<RngState, 2>;
void write_dreamer_learner(const DreamerLearner& learner, const DreamerStreams& streams,
                           std::int64_t steps, const std::filesystem::path& folder);
std::pair<DreamerStreams, std::int64_t> read_dreamer_learner(DreamerLearner& learner,
                                                             const std::filesystem::path& folder);

// frames.safetensors: which pictures of the shared folder belong to the stored rows, and those of
// unfinished episodes. What neither this nor an earlier checkpoint needs is removed.
void write_dreamer_frames(FrameStore& frames, std::int64_t first_needed,
                          const UnfinishedFrames& unfinished, const CheckpointPlace& place);
// Error: pictures that are missing.
UnfinishedFrames read_dreamer_frames(FrameStore& frames, const CheckpointPlace& place);

}  // namespace foresight
