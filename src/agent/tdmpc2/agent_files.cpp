#include "agent/tdmpc2/agent_files.h"

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
  optimiser.restore(first, second, to_integers(file.at(name + ".num_steps", DType::kI64, {})).front());
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

// `all` holds episodes of these lengths end to end.
void check_lengths(const SafetensorsFile& file, const Episode& all,
                   const std::vector<std::int64_t>& steps, const EpisodeStore& store) {
  const std::int64_t total = all.num_steps();
  std::int64_t sum = 0;
  for (const std::int64_t n : steps) {
    if (n < 1 || n > total - sum) {
      fail("{}: an episode of {} steps, {} are left", file.file_name(), n, total - sum);
    }
    sum += n;
  }
  if (sum != total || std::ssize(all.terminated) != total ||
      std::ssize(all.actions) != total * store.action_dim() ||
      std::ssize(all.observations) != (total + std::ssize(steps)) * store.observation_dim()) {
    fail("{}: its arrays do not hold {} steps with {} observations and {} actions each",
         file.file_name(), sum, store.observation_dim(), store.action_dim());
  }
}

std::vector<float> cut(const std::vector<float>& from, std::int64_t first, std::int64_t count,
                       std::int64_t width) {
  return {from.begin() + first * width, from.begin() + (first + count) * width};
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

void write_replay(const EpisodeStore& store, const SliceSampler& sampler,
                  const EpisodeRecorder& recorder, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  Episode all;  // every stored episode, end to end
  std::vector<std::int64_t> steps;
  std::vector<double> priorities;
  const auto state = sampler.state();
  const auto append = [](std::vector<float>& to, const std::vector<float>& values) {
    to.insert(to.end(), values.begin(), values.end());
  };
  for (std::int64_t i = 0; i < std::ssize(store.episodes()); ++i) {
    const Episode episode = store.copy_of(i);
    append(all.observations, episode.observations);
    append(all.actions, episode.actions);
    append(all.rewards, episode.rewards);
    append(all.terminated, episode.terminated);
    steps.push_back(episode.num_steps());
    const std::int64_t number = store.episodes()[static_cast<std::size_t>(i)].number;
    const auto priority = state.priorities.find(number);
    priorities.push_back(priority == state.priorities.end() ? 0.0 : priority->second);
  }
  add_episode(writer, "all", all);
  writer.add("steps", {std::ssize(steps)}, std::span<const std::int64_t>(steps));
  add_doubles(writer, "priorities", priorities);
  add_doubles(writer, "sampler", {state.beta, state.max_priority});
  std::vector<std::int64_t> games;
  for (const auto& [game, episode] : recorder.unfinished()) {
    games.push_back(game);
    add_episode(writer, fmt::format("unfinished.{}", game), episode);
  }
  writer.add("games", {std::ssize(games)}, std::span<const std::int64_t>(games));
  writer.write(folder / "replay.safetensors");
}

void read_replay(EpisodeStore& store, SliceSampler& sampler, EpisodeRecorder& recorder,
                 const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "replay.safetensors");
  const Episode all = read_episode(file, "all");
  const auto steps = to_integers(file.at("steps"));
  check_lengths(file, all, steps, store);
  const auto priorities = read_doubles(file, "priorities", std::ssize(steps));
  const auto scalars = read_doubles(file, "sampler", 2);
  SliceSampler::State state{scalars[0], scalars[1], {}};
  store = EpisodeStore(store.observation_dim(), store.action_dim(), store.capacity());
  std::int64_t row = 0;
  std::int64_t step = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int64_t n = steps[i];
    const std::int64_t number =
        store.add({cut(all.observations, row, n + 1, store.observation_dim()),
                   cut(all.actions, step, n, store.action_dim()), cut(all.rewards, step, n, 1),
                   cut(all.terminated, step, n, 1)});
    state.priorities[number] = priorities[i];
    row += n + 1;
    step += n;
  }
  sampler.set_state(std::move(state));
  recorder.clear();
  for (const std::int64_t game : to_integers(file.at("games"))) {
    recorder.restore(game, read_episode(file, fmt::format("unfinished.{}", game)));
  }
}

}  // namespace foresight
