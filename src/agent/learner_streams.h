// The random streams of a learner in its files: of draws from the replay, and of an update's noise.
#pragma once

#include <array>
#include <filesystem>

#include "base/rng.h"
#include "io/safetensors.h"

namespace foresight {

using LearnerStreams = std::array<RngState, 2>;

// As rng.0 and rng.1.
void add_streams(SafetensorsWriter& writer, const LearnerStreams& streams);
LearnerStreams read_streams(const SafetensorsFile& file);

// streams.safetensors: of a rank that leaves the rest of learner.safetensors to another.
inline constexpr const char* kStreamsFile = "streams.safetensors";
void write_streams(const LearnerStreams& streams, const std::filesystem::path& folder);
LearnerStreams read_streams(const std::filesystem::path& folder);

}  // namespace foresight
