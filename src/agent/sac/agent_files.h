// The files of a SAC agent: networks, optimisers, replay.
#pragma once

#include <filesystem>

#include "agent/learner_streams.h"
#include "agent/replay_files.h"
#include "agent/sac/learner.h"
#include "replay/transition_sampler.h"

namespace foresight {

// model.safetensors: policy, values, their slow copies, temperature, by name. Read from a folder,
// or from a file of another program that holds a policy alone: actor.<n>.{weight,bias} with rising
// n, the last layer giving mean and log-deviation. Error: a missing tensor or another shape.
void write_model(const SacLearner& learner, const std::filesystem::path& folder);
void read_model(SacLearner& learner, const std::filesystem::path& folder_or_file);
// Of all that model.safetensors holds.
std::uint32_t checksum_of(const SacLearner& learner);

// learner.safetensors: moments and step counts of all optimisers, random streams.
void write_learner(const SacLearner& learner, const LearnerStreams& streams,
                   const std::filesystem::path& folder);
LearnerStreams read_learner(SacLearner& learner, const std::filesystem::path& folder);

// The replay of agent/replay_files.h with the priorities of steps.
void write_replay(const ReplayParts& replay, const TransitionSampler& sampler,
                  const CheckpointPlace& place);
void read_replay(const ReplayParts& replay, TransitionSampler& sampler,
                 const CheckpointPlace& place);
// This rank's share of what other ranks' replays held, with its priorities, into an empty store.
void read_replay_shards(const std::vector<CheckpointPlace>& shards, const Ranks& ranks,
                        EpisodeStore& store, TransitionSampler& sampler);

}  // namespace foresight
