#include "agent/tdmpc2/agent_files.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

std::vector<std::int64_t> words_of(const RngState& state) {
  return {static_cast<std::int64_t>(state.key), static_cast<std::int64_t>(state.stream),
          static_cast<std::int64_t>(state.counter)};
}

RngState state_of(const std::vector<std::int64_t>& words) {
  return {static_cast<std::uint64_t>(words[0]), static_cast<std::uint64_t>(words[1]),
          static_cast<std::uint64_t>(words[2])};
}

void add_optimiser(SafetensorsWriter& writer, const std::string& name, const Adam& optimiser) {
  add_tensor(writer, name + ".first_moment", optimiser.first_moment());
  add_tensor(writer, name + ".second_moment", optimiser.second_moment());
  add_tensor(writer, name + ".num_steps", torch::tensor(optimiser.num_steps(), torch::kLong));
}

void read_optimiser(const SafetensorsFile& file, const std::string& name, Adam& optimiser) {
  const Tensor first = torch::empty_like(optimiser.first_moment());
  const Tensor second = torch::empty_like(first);
  read_tensor_into(file, name + ".first_moment", first);
  read_tensor_into(file, name + ".second_moment", second);
  optimiser.restore(first, second,
                    to_integers(file.at(name + ".num_steps", DType::kI64, {})).front());
}

void add_episode(SafetensorsWriter& writer, const std::string& prefix, const Episode& episode) {
  const auto add = [&](const char* name, const std::vector<float>& values) {
    writer.add(prefix + name, {std::ssize(values)}, std::span<const float>(values));
  };
  add(".observations", episode.observations);
  add(".actions", episode.actions);
  add(".rewards", episode.rewards);
  add(".terminated", episode.terminated);
}

Episode read_episode(const SafetensorsFile& file, const std::string& prefix) {
  return {to_floats(file.at(prefix + ".observations")), to_floats(file.at(prefix + ".actions")),
          to_floats(file.at(prefix + ".rewards")), to_floats(file.at(prefix + ".terminated"))};
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

constexpr const char* kReplayFile = "replay.safetensors";

EpisodeLog::Position log_position(const SafetensorsFile& file) {
  const auto words = to_integers(file.at("log", DType::kI64, {3}));
  return {.segment = words[0], .num_bytes = words[1], .next_number = words[2]};
}

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
      std::ssize(episode.observations) == (steps + 1) * store.observation_dim()) {
    return;
  }
  fail(
      "{}: the arrays of unfinished game {} do not hold {} steps with {} observations and {} "
      "actions each",
      file.file_name(), game, steps, store.observation_dim(), store.action_dim());
}

}  // namespace

void write_model(const WorldModel& model, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  writer.set_metadata("format", "foresight tdmpc2 1");
  model.for_each_tensor(
      [&](const std::string& name, const Tensor& tensor) { add_tensor(writer, name, tensor); });
  writer.write(folder / "model.safetensors");
}

void read_model(WorldModel& model, const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "model.safetensors");
  bool has_target = false;
  for (const std::string& name : file.names()) has_target |= name.starts_with("target_q.");
  model.for_each_tensor([&](const std::string& name, const Tensor& tensor) {
    if (has_target || !name.starts_with("target_q.")) read_tensor_into(file, name, tensor);
  });
  if (!has_target) model.copy_q_to_target();
}

void write_learner(const Tdmpc2Learner& learner, const LearnerStreams& streams,
                   const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  add_optimiser(writer, "model", learner.model_optimiser());
  add_optimiser(writer, "policy", learner.policy_optimiser());
  add_tensor(writer, "value_scale", learner.scale().value());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const auto words = words_of(streams[i]);
    writer.add(fmt::format("rng.{}", i), {3}, std::span<const std::int64_t>(words));
  }
  writer.write(folder / "learner.safetensors");
}

LearnerStreams read_learner(Tdmpc2Learner& learner, const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "learner.safetensors");
  read_optimiser(file, "model", learner.model_optimiser());
  read_optimiser(file, "policy", learner.policy_optimiser());
  const Tensor scale = torch::empty_like(learner.scale().value());
  read_tensor_into(file, "value_scale", scale);
  learner.scale().set(scale);
  LearnerStreams streams;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i] = state_of(to_integers(file.at(fmt::format("rng.{}", i), DType::kI64, {3})));
  }
  return streams;
}

void write_replay(const ReplayParts& replay, const CheckpointPlace& place) {
  const EpisodeStore& store = replay.store;
  const auto state = replay.sampler.state();
  const auto& stored = store.episodes();
  std::vector<double> priorities;
  for (std::int64_t i = 0; i < std::ssize(stored); ++i) {
    const std::int64_t number = stored[static_cast<std::size_t>(i)].number;
    if (number >= replay.log.next_number()) replay.log.add(number, store.copy_of(i));
    const auto priority = state.priorities.find(number);
    priorities.push_back(priority == state.priorities.end() ? 0.0 : priority->second);
  }
  const EpisodeLog::Position position = replay.log.flush();
  const std::int64_t first = stored.empty() ? store.num_episodes_seen() : stored.front().number;

  SafetensorsWriter writer;
  const std::vector<std::int64_t> log{position.segment, position.num_bytes, position.next_number};
  writer.add("log", {3}, std::span<const std::int64_t>(log));
  writer.add("first_number", {1}, std::span<const std::int64_t>(&first, 1));
  add_doubles(writer, "priorities", priorities);
  add_doubles(writer, "sampler", {state.beta, state.max_priority});
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

void read_replay(const ReplayParts& replay, const CheckpointPlace& place) {
  const auto file = SafetensorsFile::open(place.folder / kReplayFile);
  const EpisodeLog::Position position = log_position(file);
  const std::int64_t first = first_number(file);
  const std::int64_t count = position.next_number - first;
  if (first < 0 || count < 0) {
    fail("{}: episodes from {} to {}", file.file_name(), first, position.next_number - 1);
  }
  const auto priorities = read_doubles(file, "priorities", count);
  const auto scalars = read_doubles(file, "sampler", 2);
  SliceSampler::State state{scalars[0], scalars[1], {}};
  replay.store.begin_at(first);
  replay.log.read(first, position, [&](std::int64_t number, const Episode& episode) {
    replay.store.add(episode);
    state.priorities[number] = priorities[static_cast<std::size_t>(number - first)];
  });
  replay.sampler.set_state(std::move(state));
  replay.recorder.clear();
  for (const std::int64_t game : to_integers(file.at("games"))) {
    Episode episode = read_episode(file, fmt::format("unfinished.{}", game));
    check_unfinished(file, game, episode, replay.store);
    replay.recorder.restore(game, std::move(episode));
  }
  replay.log.cut(position);
}

}  // namespace foresight
