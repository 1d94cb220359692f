#include "agent/tdmpc2/agent_files.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/registry.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

constexpr const char* kTaskTable = "task_embedding.weight";
constexpr const char* kTaskGradient = "task_gradient";

SliceSampler::State sampler_state(const SafetensorsFile& file) {
  const EpisodeRange episodes = episodes_in(file);
  const auto priorities = read_doubles(file, "priorities", episodes.count);
  const auto scalars = read_doubles(file, "sampler", 2);
  SliceSampler::State state{scalars[0], scalars[1], {}};
  for (std::int64_t i = 0; i < episodes.count; ++i) {
    state.priorities[episodes.first_number + i] = priorities[static_cast<std::size_t>(i)];
  }
  return state;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Row by row, by the tasks' names. A file without names must have the same tasks in order.
void read_task_table(const SafetensorsFile& file, const TaskNames& tasks, const Tensor& table) {
  const torch::NoGradGuard no_grad;
  const auto found = file.metadata().find("tasks");
  if (found == file.metadata().end()) {
    read_tensor_into(file, kTaskTable, table);
    return;
  }
  const std::vector<std::string> known = split(found->second);
  const Tensor theirs = read_tensor(file, kTaskTable);
  if (theirs.dim() != 2 || theirs.size(0) != std::ssize(known) || theirs.size(1) != table.size(1)) {
    fail("{}: {}: expected {} numbers for each of {} tasks", file.file_name(), kTaskTable,
         table.size(1), known.size());
  }
  for (std::size_t i = 0; i < tasks.names.size(); ++i) {
    auto row = std::ranges::find(known, tasks.names[i]);
    if (row == known.end()) {
      if (tasks.like == "fresh") continue;
      row = std::ranges::find(known, tasks.like);
      if (row == known.end()) {
        fail(
            "{}: it does not know the task {}{}\n  agent.task_from says how to begin: fresh, or "
            "as one of {}",
            file.file_name(), tasks.names[i],
            tasks.like.empty() ? "" : fmt::format(", nor {}", tasks.like), fmt::join(known, ", "));
      }
    }
    table[static_cast<std::int64_t>(i)].detach().copy_(theirs[row - known.begin()]);
  }
}

// Of no use here, where the environment tells them, but part of the reference's checkpoints.
void add_action_masks(SafetensorsWriter& writer, const WorldModel& model) {
  const auto& task_action_dims = model.config().task_action_dims;
  if (task_action_dims.empty()) return;
  const auto num_tasks = std::ssize(task_action_dims);
  const Tensor masks = torch::zeros({num_tasks, model.action_dim()});
  for (std::int64_t task = 0; task < num_tasks; ++task) {
    masks[task].narrow(0, 0, task_action_dims[static_cast<std::size_t>(task)]).fill_(1.0);
  }
  add_tensor(writer, "action_masks", masks);
}

}  // namespace

void write_model(const WorldModel& model, const TaskNames& tasks,
                 const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  writer.set_metadata("format", "foresight tdmpc2 1");
  if (!tasks.names.empty()) {
    writer.set_metadata("tasks", fmt::format("{}", fmt::join(tasks.names, ",")));
  }
  model.for_each_tensor(
      [&](const std::string& name, const Tensor& tensor) { add_tensor(writer, name, tensor); });
  add_action_masks(writer, model);
  writer.write(folder / "model.safetensors");
}

void read_model(WorldModel& model, const TaskNames& tasks, const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "model.safetensors");
  bool has_target = false;
  for (const std::string& name : file.names()) has_target |= name.starts_with("target_q.");
  model.for_each_tensor([&](const std::string& name, const Tensor& tensor) {
    if (name == kTaskTable) {
      read_task_table(file, tasks, tensor);
    } else if (has_target || !name.starts_with("target_q.")) {
      read_tensor_into(file, name, tensor);
    }
  });
  if (!has_target) model.copy_q_to_target();
}

void write_learner(const LearnerParts& parts, const LearnerStreams& streams,
                   const std::filesystem::path& folder) {
  const Tdmpc2Learner& learner = parts.learner;
  SafetensorsWriter writer;
  add_adam(writer, "model", learner.model_optimiser());
  add_adam(writer, "policy", learner.policy_optimiser());
  if (parts.cloner != nullptr) {
    int number = 0;
    for (const Adam& optimiser : parts.cloner->optimisers()) {
      add_adam(writer, fmt::format("opponent{}", number++), optimiser);
    }
  }
  add_tensor(writer, "value_scale", learner.scale().value());
  if (const Tensor left = learner.task_gradient(); left.defined()) {
    add_tensor(writer, kTaskGradient, left);
  }
  add_streams(writer, streams);
  writer.write(folder / "learner.safetensors");
}

LearnerStreams read_learner(const LearnerParts& parts, const std::filesystem::path& folder) {
  Tdmpc2Learner& learner = parts.learner;
  const auto file = SafetensorsFile::open(folder / "learner.safetensors");
  read_adam(file, "model", learner.model_optimiser());
  read_adam(file, "policy", learner.policy_optimiser());
  if (parts.cloner != nullptr) {
    int number = 0;
    for (Adam& optimiser : parts.cloner->optimisers()) {
      read_adam(file, fmt::format("opponent{}", number++), optimiser);
    }
  }
  const Tensor scale = torch::empty_like(learner.scale().value());
  read_tensor_into(file, "value_scale", scale);
  learner.scale().set(scale);
  if (const Tensor left = learner.task_gradient(); left.defined()) {
    read_tensor_into(file, kTaskGradient, left);
  }
  return read_streams(file);
}

void write_replay(const ReplayParts& replay, const SliceSampler& sampler,
                  const CheckpointPlace& place) {
  const auto state = sampler.state();
  std::vector<double> priorities;
  for (const auto& stored : replay.store.episodes()) {
    const auto priority = state.priorities.find(stored.number);
    priorities.push_back(priority == state.priorities.end() ? 0.0 : priority->second);
  }
  write_replay(replay, place, [&](SafetensorsWriter& writer) {
    add_doubles(writer, "priorities", priorities);
    add_doubles(writer, "sampler", {state.beta, state.max_priority});
  });
}

void read_replay(const ReplayParts& replay, SliceSampler& sampler, const CheckpointPlace& place) {
  const auto file = read_replay(replay, place);
  sampler.set_state(sampler_state(file));
}

void read_replay_shards(const std::vector<CheckpointPlace>& shards, const Ranks& ranks,
                        EpisodeStore& store, SliceSampler& sampler) {
  std::vector<SliceSampler::State> theirs;
  SliceSampler::State state;
  for (const CheckpointPlace& shard : shards) {
    theirs.push_back(sampler_state(SafetensorsFile::open(shard.folder / "replay.safetensors")));
    state.beta = theirs.front().beta;
    state.max_priority = std::max(state.max_priority, theirs.back().max_priority);
  }
  store.begin_at(0);
  for (const SharedEpisode& shared : share_of_episodes(shards, store, ranks)) {
    state.priorities[store.add(shared.episode)] = theirs[shared.shard].priorities.at(shared.number);
  }
  sampler.set_state(std::move(state));
}

}  // namespace foresight
