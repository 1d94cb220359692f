#include "train/dataset_recorder.h"

#include <algorithm>
#include <utility>

#include "agent/replay_files.h"
#include "base/error.h"
#include "env/multitask/task_sets.h"

namespace foresight {
namespace {

constexpr const char* kFile = "recorded.safetensors";

std::string name_of(std::int64_t game) { return fmt::format("unfinished.{}", game); }

}  // namespace

std::filesystem::path recorded_folder(const std::filesystem::path& run_folder) {
  return run_folder / "replay";
}

DatasetHeader dataset_header_of(const EnvSpec& spec, std::string source) {
  if (spec.image) fail("train.save_replay: {} shows pictures, which are not kept", spec.id);
  DatasetHeader header{.observation_dim = spec.observation_dim,
                       .action_dim = spec.action_dim,
                       .tasks = {},
                       .source = std::move(source)};
  if (spec.tasks.empty()) {
    header.tasks.push_back(
        {task_name_of(spec.id), spec.observation_dim, spec.action_dim, spec.max_episode_steps});
  } else {
    const TaskSpec& task = spec.tasks.at(static_cast<std::size_t>(spec.task));
    header.tasks.push_back(
        {task.name, task.observation_dim, task.action_dim, task.max_episode_steps});
  }
  return header;
}

DatasetRecorder::DatasetRecorder(const std::filesystem::path& folder, const EnvSpec& spec,
                                 std::string source)
    : writer_(folder, dataset_header_of(spec, std::move(source))) {}

void DatasetRecorder::observe(const Transition& transition) {
  recorder_.add(transition.game, transition.observation, transition.action, transition.reward,
                transition.terminated, transition.next_observation);
  if (transition.terminated || transition.truncated) {
    writer_.add(recorder_.take(transition.game));
  }
}

void DatasetRecorder::save(const std::filesystem::path& checkpoint) {
  const DatasetWriter::Position position = writer_.flush();
  SafetensorsWriter file;
  const std::vector<std::int64_t> words{position.shard, position.num_episodes, position.num_rows};
  file.add("position", {3}, std::span<const std::int64_t>(words));
  std::vector<std::int64_t> games;
  for (const auto& [game, episode] : recorder_.unfinished()) {
    games.push_back(game);
    add_episode(file, name_of(game), episode);
  }
  std::sort(games.begin(), games.end());
  file.add("games", {std::ssize(games)}, std::span<const std::int64_t>(games));
  file.write(checkpoint / kFile);
}

void DatasetRecorder::load(const std::filesystem::path& checkpoint) {
  const auto file = SafetensorsFile::open(checkpoint / kFile);
  const auto words = to_integers(file.at("position", DType::kI64, {3}));
  writer_.cut({.shard = words[0], .num_episodes = words[1], .num_rows = words[2]});
  recorder_.clear();
  for (const std::int64_t game : to_integers(file.at("games"))) {
    recorder_.restore(game, read_episode(file, name_of(game)));
  }
}

}  // namespace foresight
