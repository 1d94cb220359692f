// What a checkpoint holds of an agent's replay: finished episodes in a log that only grows, shared
// by all checkpoints of a run, and replay.safetensors with the rest: how far the log reaches,
// unfinished episodes, and what the agent's sampler adds.
#pragma once

#include <functional>
#include <optional>

#include "agent/agent.h"
#include "base/rng.h"
#include "io/safetensors.h"
#include "replay/episode_log.h"
#include "replay/episode_recorder.h"

namespace foresight {

// The log of the replay below `lasting`, opened at its first use. Another folder, another log:
// everything stored is written there anew.
EpisodeLog& log_in(const std::filesystem::path& lasting, const EpisodeStore& store,
                   std::optional<EpisodeLog>& log);

struct ReplayParts {
  EpisodeStore& store;
  EpisodeRecorder& recorder;
  EpisodeLog& log;
};

void write_replay(const ReplayParts& replay, const CheckpointPlace& place,
                  const std::function<void(SafetensorsWriter&)>& add_sampler);
// Fills store and recorder; returns the file, for the sampler. What the log held beyond this
// checkpoint is removed. Error: what is wrong with the file or the log.
SafetensorsFile read_replay(const ReplayParts& replay, const CheckpointPlace& place);

// Which episodes such a file's sampler knew.
struct EpisodeRange {
  std::int64_t first_number = 0;
  std::int64_t count = 0;
};
EpisodeRange episodes_in(const SafetensorsFile& replay_file);

// One episode as `prefix`.observations and so on.
void add_episode(SafetensorsWriter& writer, const std::string& prefix, const Episode& episode);
Episode read_episode(const SafetensorsFile& file, const std::string& prefix);

// A finished episode out of one of several replays.
struct SharedEpisode {
  std::size_t shard = 0;          // whose
  std::int64_t number = 0;        // its number there
  std::int64_t age = 0;           // how many of its shard are younger
  std::int64_t younger_rows = 0;  // and their rows
  Episode episode;
};
// All episodes of the shards go to `ranks` in turns: those of its own rank, oldest first.
std::vector<SharedEpisode> share_of_episodes(const std::vector<CheckpointPlace>& shards,
                                             const EpisodeStore& store, const Ranks& ranks);

// How far the log reached, as such a file says.
EpisodeLog::Position log_position(const SafetensorsFile& replay_file);

// Numbers of double precision, as samplers keep them.
void add_doubles(SafetensorsWriter& writer, const std::string& name,
                 const std::vector<double>& values);
std::vector<double> read_doubles(const SafetensorsFile& file, const std::string& name,
                                 std::int64_t count);

void add_rng(SafetensorsWriter& writer, const std::string& name, const RngState& state);
RngState read_rng(const SafetensorsFile& file, const std::string& name);

}  // namespace foresight
