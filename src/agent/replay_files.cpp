#include "agent/replay_files.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/error.h"

namespace foresight {
namespace {

constexpr const char* kReplayFile = "replay.safetensors";

std::int64_t first_number(const SafetensorsFile& file) {
  return to_integers(file.at("first_number", DType::kI64, {1})).front();
}

// The oldest episode that this or an earlier checkpoint still needs. A damaged one may need any.
std::int64_t oldest_needed(std::int64_t number, const CheckpointPlace& place) {
  try {
    for (const auto& folder : place.earlier) {
      number = std::min(number, first_number(SafetensorsFile::open(folder / kReplayFile)));
    }
  } catch (const Error&) {
    return 0;
  }
  return number;
}

void check_unfinished(const SafetensorsFile& file, std::int64_t game, const Episode& episode,
                      const EpisodeStore& store) {
  const std::int64_t steps = episode.num_steps();
  if (steps > 0 && std::ssize(episode.terminated) == steps &&
      std::ssize(episode.actions) == steps * store.action_dim() &&
      std::ssize(episode.opponent_actions) == steps * store.opponent_dim() &&
      std::ssize(episode.observations) == (steps + 1) * store.observation_dim()) {
    return;
  }
  fail(
      "{}: the arrays of unfinished game {} do not hold {} steps with {} observations and {} "
      "actions each, and {} of the opponent",
      file.file_name(), game, steps, store.observation_dim(), store.action_dim(),
      store.opponent_dim());
}

}  // namespace

void add_episode(SafetensorsWriter& writer, const std::string& prefix, const Episode& episode) {
  const auto add = [&](const char* name, const std::vector<float>& values) {
    writer.add(prefix + name, {std::ssize(values)}, std::span<const float>(values));
  };
  add(".observations", episode.observations);
  add(".actions", episode.actions);
  add(".rewards", episode.rewards);
  add(".terminated", episode.terminated);
  if (episode.opponent_actions.empty()) return;
  add(".opponent_actions", episode.opponent_actions);
  writer.add(prefix + ".opponent", {1}, std::span<const std::int64_t>(&episode.opponent, 1));
}

Episode read_episode(const SafetensorsFile& file, const std::string& prefix) {
  Episode episode{to_floats(file.at(prefix + ".observations")),
                  to_floats(file.at(prefix + ".actions")), to_floats(file.at(prefix + ".rewards")),
                  to_floats(file.at(prefix + ".terminated"))};
  if (!file.contains(prefix + ".opponent_actions")) return episode;
  episode.opponent_actions = to_floats(file.at(prefix + ".opponent_actions"));
  episode.opponent = to_integers(file.at(prefix + ".opponent", DType::kI64, {1})).front();
  return episode;
}

EpisodeLog::Position log_position(const SafetensorsFile& file) {
  const auto words = to_integers(file.at("log", DType::kI64, {3}));
  return {.segment = words[0], .num_bytes = words[1], .next_number = words[2]};
}

void add_doubles(SafetensorsWriter& writer, const std::string& name,
                 const std::vector<double>& values) {
  writer.add(name, DType::kF64, {std::ssize(values)}, std::as_bytes(std::span(values)));
}

std::vector<double> read_doubles(const SafetensorsFile& file, const std::string& name,
                                 std::int64_t count) {
  const TensorView& view = file.at(name, DType::kF64, {count});
  std::vector<double> values(static_cast<std::size_t>(count));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

void add_rng(SafetensorsWriter& writer, const std::string& name, const RngState& state) {
  const std::vector<std::int64_t> words{static_cast<std::int64_t>(state.key),
                                        static_cast<std::int64_t>(state.stream),
                                        static_cast<std::int64_t>(state.counter)};
  writer.add(name, {3}, std::span<const std::int64_t>(words));
}

RngState read_rng(const SafetensorsFile& file, const std::string& name) {
  const auto words = to_integers(file.at(name, DType::kI64, {3}));
  return {static_cast<std::uint64_t>(words[0]), static_cast<std::uint64_t>(words[1]),
          static_cast<std::uint64_t>(words[2])};
}

EpisodeRange episodes_in(const SafetensorsFile& replay_file) {
  const std::int64_t first = first_number(replay_file);
  const std::int64_t next = log_position(replay_file).next_number;
  if (first < 0 || next < first) {
    fail("{}: episodes from {} to {}", replay_file.file_name(), first, next - 1);
  }
  return {.first_number = first, .count = next - first};
}

EpisodeLog& log_in(const std::filesystem::path& lasting, const EpisodeStore& store,
                   std::optional<EpisodeLog>& log) {
  const auto folder = lasting / "replay";
  if (!log || log->folder() != folder) {
    log.emplace(folder, store.observation_dim(), store.action_dim(), EpisodeLog::kSegmentBytes,
                store.opponent_dim());
  }
  return *log;
}

void write_replay(const ReplayParts& replay, const CheckpointPlace& place,
                  const std::function<void(SafetensorsWriter&)>& add_sampler) {
  const EpisodeStore& store = replay.store;
  const auto& stored = store.episodes();
  for (std::int64_t i = 0; i < std::ssize(stored); ++i) {
    const std::int64_t number = stored[static_cast<std::size_t>(i)].number;
    if (number >= replay.log.next_number()) replay.log.add(number, store.copy_of(i));
  }
  const EpisodeLog::Position position = replay.log.flush();
  const std::int64_t first = stored.empty() ? store.num_episodes_seen() : stored.front().number;

  SafetensorsWriter writer;
  const std::vector<std::int64_t> log{position.segment, position.num_bytes, position.next_number};
  writer.add("log", {3}, std::span<const std::int64_t>(log));
  writer.add("first_number", {1}, std::span<const std::int64_t>(&first, 1));
  add_sampler(writer);
  std::vector<std::int64_t> games;
  for (const auto& [game, episode] : replay.recorder.unfinished()) {
    games.push_back(game);
    add_episode(writer, fmt::format("unfinished.{}", game), episode);
  }
  std::sort(games.begin(), games.end());
  writer.add("games", {std::ssize(games)}, std::span<const std::int64_t>(games));
  writer.write(place.folder / kReplayFile);
  replay.log.drop_before(oldest_needed(first, place));
}

std::vector<SharedEpisode> share_of_episodes(const std::vector<CheckpointPlace>& shards,
                                             const EpisodeStore& store, const Ranks& ranks) {
  std::vector<SharedEpisode> share;
  std::int64_t count = 0;
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    const auto file = SafetensorsFile::open(shards[shard].folder / kReplayFile);
    const EpisodeLog::Position position = log_position(file);
    const auto first_kept = std::ssize(share);
    std::int64_t num_rows = 0;
    std::optional<EpisodeLog> log;
    log_in(shards[shard].lasting, store, log)
        .read(episodes_in(file).first_number, position, [&](std::int64_t number, Episode episode) {
          num_rows += episode.num_steps() + 1;
          if (count++ % ranks.size() != ranks.rank()) return;
          share.push_back({.shard = shard,
                           .number = number,
                           .age = position.next_number - number,
                           .younger_rows = -num_rows,
                           .episode = std::move(episode)});
        });
    for (auto kept = share.begin() + first_kept; kept != share.end(); ++kept) {
      kept->younger_rows += num_rows;
    }
  }
  std::ranges::stable_sort(share, std::ranges::greater{}, &SharedEpisode::age);
  return share;
}

SafetensorsFile read_replay(const ReplayParts& replay, const CheckpointPlace& place) {
  auto file = SafetensorsFile::open(place.folder / kReplayFile);
  const EpisodeLog::Position position = log_position(file);
  const std::int64_t first = episodes_in(file).first_number;
  replay.store.begin_at(first);
  replay.log.read(first, position,
                  [&](std::int64_t, const Episode& episode) { replay.store.add(episode); });
  replay.recorder.clear();
  for (const std::int64_t game : to_integers(file.at("games"))) {
    Episode episode = read_episode(file, fmt::format("unfinished.{}", game));
    check_unfinished(file, game, episode, replay.store);
    replay.recorder.restore(game, std::move(episode));
  }
  replay.log.cut(position);
  return file;
}

}  // namespace foresight
