#include "agent/sac/agent_files.h"

#include <algorithm>
#include <cmath>

#include "agent/actor_file.h"
#include "base/error.h"
#include "nn/rank_tensors.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

template <typename Learner, typename Visit>
void for_each_tensor(Learner& learner, Visit visit) {
  for (const ParameterSet* set : {&learner.actor_parameters(), &learner.critics().online(),
                                  &learner.critics().target(), &learner.temperature_parameters()}) {
    for (const auto& entry : set->entries()) visit(entry.name, entry.value);
  }
}

// Another program's layers are numbered with the activations between them: ours are theirs in
// order.
void read_actor_alone(SacLearner& learner, const std::filesystem::path& path) {
  const auto file = SafetensorsFile::open(path);
  const std::vector<std::string> layers = actor_layers(file);
  const auto& entries = learner.actor_parameters().entries();
  if (2 * layers.size() != entries.size()) {
    fail("{}: a policy of {} layers, expected {}", path.string(), layers.size(),
         entries.size() / 2);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    read_tensor_into(file, layers[i] + ".weight", entries[2 * i].value);
    read_tensor_into(file, layers[i] + ".bias", entries[2 * i + 1].value);
  }
}

// A resumed run may remember more or less than before: the newest rows are the same. It may also
// begin to draw by priority; then there are none to fit.
void fit_to(std::int64_t num_rows, std::vector<double>& priorities) {
  if (priorities.empty() || num_rows == std::ssize(priorities)) return;
  const std::int64_t excess = std::ssize(priorities) - num_rows;
  if (excess > 0) {
    priorities.erase(priorities.begin(), priorities.begin() + excess);
    if (!priorities.empty()) priorities.front() = 0.0;  // no step leads to the oldest row
  } else {
    priorities.insert(priorities.begin(), static_cast<std::size_t>(-excess), 0.0);
  }
}

TransitionSampler::State sampler_state(const SafetensorsFile& file) {
  const auto scalars = read_doubles(file, "sampler", 2);
  TransitionSampler::State state{
      .beta = scalars[0],
      .max_priority = scalars[1],
      .first_leaf = to_integers(file.at("first_leaf", DType::kI64, {1})).front(),
      .priorities = read_doubles(file, "priorities", file.at("priorities").num_elements())};
  const auto is_wrong = [](double priority) { return !std::isfinite(priority) || priority < 0.0; };
  if (state.first_leaf < 0 ||
      std::any_of(state.priorities.begin(), state.priorities.end(), is_wrong)) {
    fail("{}: first_leaf or priorities are out of range", file.file_name());
  }
  return state;
}

// The priorities of an episode's rows, of which its replay may have forgotten the first: those are
// not drawn. Where steps were drawn uniformly there are none.
void append_priorities(const SharedEpisode& shared, const std::vector<double>& theirs,
                       std::vector<double>& priorities) {
  if (theirs.empty()) return;
  const std::int64_t end = std::ssize(theirs) - shared.younger_rows;
  for (std::int64_t row = end - shared.episode.num_steps() - 1; row < end; ++row) {
    priorities.push_back(row < 0 ? 0.0 : theirs[static_cast<std::size_t>(row)]);
  }
}

}  // namespace

void write_model(const SacLearner& learner, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  writer.set_metadata("format", "foresight sac 1");
  for_each_tensor(learner, [&](const std::string& name, const Tensor& tensor) {
    add_tensor(writer, name, tensor);
  });
  writer.write(folder / "model.safetensors");
}

void read_model(SacLearner& learner, const std::filesystem::path& folder_or_file) {
  if (is_actor_file(folder_or_file)) return read_actor_alone(learner, folder_or_file);
  const auto file = SafetensorsFile::open(folder_or_file / "model.safetensors");
  for_each_tensor(learner, [&](const std::string& name, const Tensor& tensor) {
    read_tensor_into(file, name, tensor);
  });
}

std::uint32_t checksum_of(const SacLearner& learner) {
  std::uint32_t sum = 0;
  for_each_tensor(learner, [&](const std::string&, const Tensor& tensor) {
    sum = add_to_checksum(sum, tensor);
  });
  return sum;
}

void write_learner(const SacLearner& learner, const LearnerStreams& streams,
                   const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  add_adam(writer, "actor", learner.actor_optimiser());
  add_adam(writer, "q", learner.critics().optimiser());
  add_adam(writer, "temperature", learner.temperature_optimiser());
  add_streams(writer, streams);
  writer.write(folder / "learner.safetensors");
}

LearnerStreams read_learner(SacLearner& learner, const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "learner.safetensors");
  read_adam(file, "actor", learner.actor_optimiser());
  read_adam(file, "q", learner.critics().optimiser());
  read_adam(file, "temperature", learner.temperature_optimiser());
  return read_streams(file);
}

void write_replay(const ReplayParts& replay, const TransitionSampler& sampler,
                  const CheckpointPlace& place) {
  const auto state = sampler.state();
  write_replay(replay, place, [&](SafetensorsWriter& writer) {
    add_doubles(writer, "sampler", {state.beta, state.max_priority});
    writer.add("first_leaf", {1}, std::span<const std::int64_t>(&state.first_leaf, 1));
    add_doubles(writer, "priorities", state.priorities);
  });
}

void read_replay(const ReplayParts& replay, TransitionSampler& sampler,
                 const CheckpointPlace& place) {
  const auto file = read_replay(replay, place);
  TransitionSampler::State state = sampler_state(file);
  fit_to(replay.store.num_rows(), state.priorities);
  sampler.set_state(state);
}

void read_replay_shards(const std::vector<CheckpointPlace>& shards, const Ranks& ranks,
                        EpisodeStore& store, TransitionSampler& sampler) {
  std::vector<TransitionSampler::State> theirs;
  TransitionSampler::State state;
  for (const CheckpointPlace& shard : shards) {
    theirs.push_back(sampler_state(SafetensorsFile::open(shard.folder / "replay.safetensors")));
    state.beta = theirs.front().beta;
    state.max_priority = std::max(state.max_priority, theirs.back().max_priority);
  }
  store.begin_at(0);
  for (const SharedEpisode& shared : share_of_episodes(shards, store, ranks)) {
    store.add(shared.episode);
    append_priorities(shared, theirs[shared.shard].priorities, state.priorities);
  }
  fit_to(store.num_rows(), state.priorities);
  sampler.set_state(state);
}

}  // namespace foresight
