#include "cli/dataset_conversion.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "agent/model_card.h"
#include "agent/replay_files.h"
#include "base/error.h"
#include "config/table.h"
#include "env/env.h"
#include "env/multitask/multitask_env.h"
#include "io/safetensors.h"
#include "replay/dataset_writer.h"
#include "train/checkpoint.h"
#include "train/dataset_recorder.h"
#include "train/experiment_config.h"
#include "train/run_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::int64_t>;

std::vector<fs::path> chunks_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  if (files.empty()) {
    fail(
        "{}: no .safetensors chunk here{}\n  TensorDict files (chunk_0.pt, ...) become chunks by "
        "python/convert_tdmpc2_dataset.py",
        folder.string(), problem ? ": " + problem.message() : "");
  }
  std::sort(files.begin(), files.end());
  return files;
}

// One chunk's tensors, checked against each other.
class Chunk {
 public:
  explicit Chunk(const fs::path& path) : file_(SafetensorsFile::open(path)) {
    const Shape& shape = file_.at("obs").shape;
    if (shape.size() != 3 || shape[1] < 2 || shape[2] < 1) {
      fail("{}: obs: expected [episodes, rows, numbers]", path.string());
    }
    num_episodes_ = shape[0];
    num_rows_ = shape[1];
    observation_dim_ = shape[2];
    const Shape& action = file_.at("action").shape;
    action_dim_ = action.size() == 3 ? action[2] : 0;
    const Shape rows{num_episodes_, num_rows_};
    expect("action", {num_episodes_, num_rows_, std::max<std::int64_t>(action_dim_, 1)});
    expect("reward", rows);
    observations_ = to_floats(file_.at("obs"));
    actions_ = to_floats(file_.at("action"));
    rewards_ = to_floats(file_.at("reward"));
    if (file_.contains("terminated")) {
      expect("terminated", rows);
      terminated_ = to_floats(file_.at("terminated"));
    }
    if (!file_.contains("task")) return;
    tasks_ = to_integers(file_.at("task"));
    if (std::ssize(tasks_) != num_episodes_) expect("task", rows);
  }

  std::int64_t num_episodes() const { return num_episodes_; }
  std::int64_t observation_dim() const { return observation_dim_; }
  std::int64_t action_dim() const { return action_dim_; }

  std::int64_t task(std::int64_t episode) const {
    if (tasks_.empty()) return 0;
    const bool is_by_row = std::ssize(tasks_) != num_episodes_;
    return tasks_[static_cast<std::size_t>(is_by_row ? episode * num_rows_ : episode)];
  }

  // Row 0 holds no step.
  Episode episode(std::int64_t number) const {
    const std::int64_t steps = num_rows_ - 1;
    const auto part = [&](const std::vector<float>& values, std::int64_t width,
                          std::int64_t first_row) {
      const auto begin = values.begin() + (number * num_rows_ + first_row) * width;
      return std::vector<float>(begin, begin + (num_rows_ - first_row) * width);
    };
    return {.observations = part(observations_, observation_dim_, 0),
            .actions = part(actions_, action_dim_, 1),
            .rewards = part(rewards_, 1, 1),
            .terminated = terminated_.empty()
                              ? std::vector<float>(static_cast<std::size_t>(steps), 0.0f)
                              : part(terminated_, 1, 1)};
  }

 private:
  void expect(const std::string& name, const Shape& shape) const {
    if (file_.at(name).shape == shape) return;
    fail("{}: {}: expected the shape [{}], found [{}]", file_.file_name(), name,
         fmt::join(shape, ", "), fmt::join(file_.at(name).shape, ", "));
  }

  SafetensorsFile file_;
  std::int64_t num_episodes_ = 0;
  std::int64_t num_rows_ = 0;
  std::int64_t observation_dim_ = 0;
  std::int64_t action_dim_ = 0;
  std::vector<float> observations_, actions_, rewards_, terminated_;
  std::vector<std::int64_t> tasks_;
};

}  // namespace

ConversionResult convert_chunks(const fs::path& source, const fs::path& target,
                                const std::string& tasks) {
  ConversionResult result;
  DatasetHeader header;
  header.source = "chunks of " + source.filename().string();
  for (const TaskSpec& task : tasks_of(tasks)) {
    header.tasks.push_back(
        {task.name, task.observation_dim, task.action_dim, task.max_episode_steps});
  }
  std::optional<DatasetWriter> writer;
  for (const fs::path& path : chunks_in(source)) {
    const Chunk chunk(path);
    if (!writer) {
      header.observation_dim = chunk.observation_dim();
      header.action_dim = chunk.action_dim();
      for (const DatasetTask& task : header.tasks) {
        if (task.observation_dim <= header.observation_dim && task.action_dim <= header.action_dim)
          continue;
        fail(
            "{}: rows of {} observations and {} actions are narrower than {} ({} and {}): other "
            "--tasks?",
            path.string(), header.observation_dim, header.action_dim, task.name,
            task.observation_dim, task.action_dim);
      }
      writer.emplace(target, header);
    }
    if (chunk.observation_dim() != header.observation_dim ||
        chunk.action_dim() != header.action_dim) {
      fail("{}: {} observations and {} actions; the chunks before it have {} and {}", path.string(),
           chunk.observation_dim(), chunk.action_dim(), header.observation_dim, header.action_dim);
    }
    for (std::int64_t episode = 0; episode < chunk.num_episodes(); ++episode) {
      try {
        const Episode recorded = chunk.episode(episode);
        writer->add(recorded, chunk.task(episode));
        ++result.num_episodes;
        result.num_steps += recorded.num_steps();
      } catch (const Error& problem) {
        fail("{}, episode {}: {}", path.string(), episode, problem.what());
      }
    }
  }
  writer->flush();
  return result;
}

ConversionResult convert_run(const fs::path& source, const fs::path& target) {
  const auto checkpoints = checkpoints_of(source);
  if (checkpoints.empty()) fail("{}: a run without a checkpoint", source.string());
  const Experiment experiment =
      resolve_experiment(load_experiment_table((source / "config.toml").string(), {}));
  const EnvSpec& spec = experiment.env_spec;
  if (spec.num_players > 1) fail("{}: a game of two is no task among several", spec.id);
  const auto file = SafetensorsFile::open(checkpoints.back().folder / "replay.safetensors");
  const EpisodeLog log(lasting_folder(source) / "replay", spec.observation_dim, spec.action_dim);
  DatasetWriter writer(target, dataset_header_of(spec, "replay of " + experiment.config.name));
  ConversionResult result;
  log.read(episodes_in(file).first_number, log_position(file),
           [&](std::int64_t, const Episode& episode) {
             writer.add(episode);
             ++result.num_episodes;
             result.num_steps += episode.num_steps();
           });
  writer.flush();
  return result;
}

}  // namespace foresight
