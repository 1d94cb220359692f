// The files of a SAC agent: networks, optimisers, replay.
#pragma once

#include <array>
#include <filesystem>

#include "agent/replay_files.h"
#include "agent/sac/learner.h"
#include "replay/transition_sampler.h"

namespace foresight {

// model.safetensors: policy, values, their slow copies, temperature, by name. Read from a folder,
// or from a file of another program that holds a policy alone: actor.<n>.{weight,bias} with rising
// n, the last layer giving mean and log-deviation. Error: a missing tensor or another shape.
void write_model(const SacLearner& learner, const std::filesystem::path& folder);
void read_model(SacLearner& learner, const std::filesystem::path& folder_or_file);

// learner.safetensors: moments and step counts of all optimisers, random streams.
using SacStreams = std::array<RngState, 2>;
void write_learner(const SacLearner& learner, const SacStreams& streams,
                   const std::filesystem::path& folder);
SacStreams read_learner(SacLearner& learner, const std::filesystem::path& folder);

// The replay of agent/replay_files.h with the priorities of steps.
void write_replay(const ReplayParts& replay, const TransitionSampler& sampler,
                  const CheckpointPlace& place);
void read_replay(const ReplayParts& replay, TransitionSampler& sampler,
                 const CheckpointPlace& place);

}  // namespace foresight
