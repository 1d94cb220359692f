// The files of a DreamerV2 agent besides its replay (agent/replay_files.h, agent/picture_files.h).
#pragma once

#include <filesystem>

#include "agent/dreamer/learner.h"
#include "agent/learner_streams.h"

namespace foresight {

// model.safetensors: world model, actor, critic and its slow copy, by name. Error: a missing tensor
// or another shape.
void write_dreamer_model(const DreamerLearner& learner, const std::filesystem::path& folder);
void read_dreamer_model(DreamerLearner& learner, const std::filesystem::path& folder);
// Of all that model.safetensors holds, and the size of rewards.
std::uint32_t checksum_of(const DreamerLearner& learner);

// How far a rank has come that others have not.
struct DreamerCourse {
  LearnerStreams streams;
  std::int64_t steps = 0;  // seen
};
// learner.safetensors: moments and step counts of the optimisers, the size of rewards, the age of
// the slow critic, and the first rank's course.
void write_dreamer_learner(const DreamerLearner& learner, const DreamerCourse& course,
                           const std::filesystem::path& folder);
DreamerCourse read_dreamer_learner(DreamerLearner& learner, const std::filesystem::path& folder);
// The course of another rank, streams.safetensors.
void write_dreamer_course(const DreamerCourse& course, const std::filesystem::path& folder);
DreamerCourse read_dreamer_course(const std::filesystem::path& folder);

}  // namespace foresight
