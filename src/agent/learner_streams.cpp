#include "agent/learner_streams.h"

#include <fmt/format.h>

#include "agent/replay_files.h"

namespace foresight {

void add_streams(SafetensorsWriter& writer, const LearnerStreams& streams) {
  for (std::size_t i = 0; i < streams.size(); ++i) {
    add_rng(writer, fmt::format("rng.{}", i), streams[i]);
  }
}

LearnerStreams read_streams(const SafetensorsFile& file) {
  LearnerStreams streams;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i] = read_rng(file, fmt::format("rng.{}", i));
  }
  return streams;
}

void write_streams(const LearnerStreams& streams, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  add_streams(writer, streams);
  writer.write(folder / kStreamsFile);
}

LearnerStreams read_streams(const std::filesystem::path& folder) {
  return read_streams(SafetensorsFile::open(folder / kStreamsFile));
}

}  // namespace foresight
