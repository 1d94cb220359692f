// The files of a TD-MPC2 agent: networks, optimisers, replay.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/learner_streams.h"
#include "agent/replay_files.h"
#include "agent/tdmpc2/learner.h"
#include "agent/tdmpc2/opponent_cloner.h"
#include "replay/slice_sampler.h"
#include "world_model/tdmpc2/world_model.h"

namespace foresight {

// model.safetensors: every tensor by its name. Reading refuses a missing tensor or another shape.
// A file of 16-bit floats is read too. Without the target ensemble, the target becomes Q.
// The embeddings of tasks go by the tasks' names.
struct TaskNames {
  std::vector<std::string> names;  // of the model's tasks, in order; empty with one
  // For a task that the file does not know: begin as this one of the file's tasks; "fresh": stay as
  // it is; empty: refuse.
  std::string like;
};
void write_model(const WorldModel& model, const TaskNames& tasks,
                 const std::filesystem::path& folder);
void read_model(WorldModel& model, const TaskNames& tasks, const std::filesystem::path& folder);

// learner.safetensors: moments and step counts of the optimisers, the value scale, random streams.
struct LearnerParts {
  Tdmpc2Learner& learner;
  OpponentCloner* cloner;  // null: none
};
void write_learner(const LearnerParts& parts, const LearnerStreams& streams,
                   const std::filesystem::path& folder);
LearnerStreams read_learner(const LearnerParts& parts, const std::filesystem::path& folder);

// The replay of agent/replay_files.h with the priorities of episodes.
void write_replay(const ReplayParts& replay, const SliceSampler& sampler,
                  const CheckpointPlace& place);
void read_replay(const ReplayParts& replay, SliceSampler& sampler, const CheckpointPlace& place);
// This rank's share of what other ranks' replays held, with its priorities, into an empty store.
void read_replay_shards(const std::vector<CheckpointPlace>& shards, const Ranks& ranks,
                        EpisodeStore& store, SliceSampler& sampler);

}  // namespace foresight
