#include "agent/dreamer/agent_files.h"

#include "agent/replay_files.h"
#include "base/error.h"
#include "nn/tensor_file.h"

namespace foresight {
namespace {

template <typename Learner, typename Visit>
void for_each_tensor(Learner& learner, Visit visit) {
  for (const ParameterSet* set :
       {&learner.model_parameters(), &learner.behaviour().actor_parameters(),
        &learner.behaviour().critic_parameters(), &learner.behaviour().slow_parameters()}) {
    for (const auto& entry : set->entries()) visit(entry.name, entry.value);
  }
}

void add_adam(SafetensorsWriter& writer, const std::string& name, const KerasAdam& optimiser) {
  add_tensor(writer, name + ".first_moment", optimiser.first_moment());
  add_tensor(writer, name + ".second_moment", optimiser.second_moment());
  const std::int64_t steps = optimiser.num_steps();
  writer.add(name + ".steps", {1}, std::span<const std::int64_t>(&steps, 1));
}

void read_adam(const SafetensorsFile& file, const std::string& name, KerasAdam& optimiser) {
  const std::int64_t size = optimiser.first_moment().numel();
  file.at(name + ".first_moment", DType::kF32, {size});
  file.at(name + ".second_moment", DType::kF32, {size});
  optimiser.restore(read_tensor(file, name + ".first_moment"),
                    read_tensor(file, name + ".second_moment"),
                    to_integers(file.at(name + ".steps", DType::kI64, {1})).front());
}

}  // namespace

void write_dreamer_model(const DreamerLearner& learner, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  writer.set_metadata("format", "foresight dreamerv2 1");
  for_each_tensor(learner, [&](const std::string& name, const Tensor& tensor) {
    add_tensor(writer, name, tensor);
  });
  writer.write(folder / "model.safetensors");
}

void read_dreamer_model(DreamerLearner& learner, const std::filesystem::path& folder) {
  const torch::NoGradGuard no_grad;
  const auto file = SafetensorsFile::open(folder / "model.safetensors");
  for_each_tensor(learner, [&](const std::string& name, const Tensor& tensor) {
    read_tensor_into(file, name, tensor);
  });
}

void write_dreamer_learner(const DreamerLearner& learner, const DreamerStreams& streams,
                           std::int64_t steps, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  add_adam(writer, "model", learner.model_optimiser());
  add_adam(writer, "actor", learner.behaviour().actor_optimiser());
  add_adam(writer, "critic", learner.behaviour().critic_optimiser());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    add_rng(writer, fmt::format("rng.{}", i), streams[i]);
  }
  add_doubles(writer, "reward_magnitude", {learner.behaviour().reward_norm().magnitude()});
  const std::vector<std::int64_t> counts{steps, learner.behaviour().num_updates()};
  writer.add("counts", {2}, std::span<const std::int64_t>(counts));
  writer.write(folder / "learner.safetensors");
}

std::pair<DreamerStreams, std::int64_t> read_dreamer_learner(DreamerLearner& learner,
                                                             const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "learner.safetensors");
  read_adam(file, "model", learner.model_optimiser());
  read_adam(file, "actor", learner.behaviour().actor_optimiser());
  read_adam(file, "critic", learner.behaviour().critic_optimiser());
  DreamerStreams streams;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i] = read_rng(file, fmt::format("rng.{}", i));
  }
  learner.behaviour().reward_norm().set_magnitude(
      read_doubles(file, "reward_magnitude", 1).front());
  const auto counts = to_integers(file.at("counts", DType::kI64, {2}));
  if (counts[0] < 0 || counts[1] < 0) {
    fail("{}: {} steps and {} updates", file.file_name(), counts[0], counts[1]);
  }
  learner.behaviour().set_num_updates(counts[1]);
  return {streams, counts[0]};
}

void write_dreamer_frames(FrameStore& frames, std::int64_t first_needed,
                          const UnfinishedFrames& unfinished, const CheckpointPlace& place) {
  SafetensorsWriter writer;
  const std::vector<std::int64_t> rows{first_needed, frames.next()};
  writer.add("rows", {2}, std::span<const std::int64_t>(rows));
  add_unfinished_frames(writer, unfinished);
  writer.write(place.folder / kFramesFile);
  drop_frames(frames, first_needed, "rows", place);
}

UnfinishedFrames read_dreamer_frames(FrameStore& frames, const CheckpointPlace& place) {
  const auto file = SafetensorsFile::open(place.folder / kFramesFile);
  const auto rows = to_integers(file.at("rows", DType::kI64, {2}));
  if (rows[0] < 0 || rows[1] < rows[0]) {
    fail("{}: pictures {} to {}", file.file_name(), rows[0], rows[1] - 1);
  }
  frames.open(frames_folder(place.lasting), rows[0], rows[1]);
  return read_unfinished_frames(file);
}

}  // namespace foresight
