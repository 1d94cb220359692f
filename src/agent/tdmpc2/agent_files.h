// The files of a TD-MPC2 agent: networks, optimisers, replay.
#pragma once

#include <array>
#include <filesystem>

#include "agent/tdmpc2/learner.h"
#include "replay/episode_log.h"
#include "replay/episode_recorder.h"
#include "replay/slice_sampler.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

// model.safetensors: every tensor by its name. Reading refuses a missing tensor or another shape.
// A file of 16-bit floats is read too. Without the target ensemble, the target becomes Q.
void write_model(const WorldModel& model, const std::filesystem::path& folder);
void read_model(WorldModel& model, const std::filesystem::path& folder);

// learner.safetensors: moments and step counts of both optimisers, the value scale, random streams.
using LearnerStreams = std::array<RngState, 2>;
void write_learner(const Tdmpc2Learner& learner, const LearnerStreams& streams,
                   const std::filesystem::path& folder);
LearnerStreams read_learner(Tdmpc2Learner& learner, const std::filesystem::path& folder);

// The replay: finished episodes in a log that only grows, shared by all checkpoints of a run, and
// replay.safetensors with the rest: how far the log reaches, priorities, unfinished episodes.
struct ReplayParts {
  EpisodeStore& store;
  SliceSampler& sampler;
  EpisodeRecorder& recorder;
  EpisodeLog& log;
};
void write_replay(const ReplayParts& replay, const CheckpointPlace& place);
void read_replay(const ReplayParts& replay, const CheckpointPlace& place);

}  // namespace foresight
