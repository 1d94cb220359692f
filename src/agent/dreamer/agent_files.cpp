#include "agent/dreamer/agent_files.h"

#include "agent/replay_files.h"
#include "base/error.h"
#include "io/crc32c.h"
#include "nn/rank_tensors.h"
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

std::uint32_t checksum_of(const DreamerLearner& learner) {
  std::uint32_t sum = 0;
  for_each_tensor(learner, [&](const std::string&, const Tensor& tensor) {
    sum = add_to_checksum(sum, tensor);
  });
  const double magnitude = learner.behaviour().reward_norm().magnitude();
  return crc32c(std::as_bytes(std::span(&magnitude, 1)), sum);
}

void write_dreamer_learner(const DreamerLearner& learner, const DreamerCourse& course,
                           const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  add_adam(writer, "model", learner.model_optimiser());
  add_adam(writer, "actor", learner.behaviour().actor_optimiser());
  add_adam(writer, "critic", learner.behaviour().critic_optimiser());
  add_streams(writer, course.streams);
  add_doubles(writer, "reward_magnitude", {learner.behaviour().reward_norm().magnitude()});
  const std::vector<std::int64_t> counts{course.steps, learner.behaviour().num_updates()};
  writer.add("counts", {2}, std::span<const std::int64_t>(counts));
  writer.write(folder / "learner.safetensors");
}

DreamerCourse read_dreamer_learner(DreamerLearner& learner, const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / "learner.safetensors");
  read_adam(file, "model", learner.model_optimiser());
  read_adam(file, "actor", learner.behaviour().actor_optimiser());
  read_adam(file, "critic", learner.behaviour().critic_optimiser());
  learner.behaviour().reward_norm().set_magnitude(
      read_doubles(file, "reward_magnitude", 1).front());
  const auto counts = to_integers(file.at("counts", DType::kI64, {2}));
  if (counts[0] < 0 || counts[1] < 0) {
    fail("{}: {} steps and {} updates", file.file_name(), counts[0], counts[1]);
  }
  learner.behaviour().set_num_updates(counts[1]);
  return {.streams = read_streams(file), .steps = counts[0]};
}

void write_dreamer_course(const DreamerCourse& course, const std::filesystem::path& folder) {
  SafetensorsWriter writer;
  add_streams(writer, course.streams);
  writer.add("steps", {1}, std::span<const std::int64_t>(&course.steps, 1));
  writer.write(folder / kStreamsFile);
}

DreamerCourse read_dreamer_course(const std::filesystem::path& folder) {
  const auto file = SafetensorsFile::open(folder / kStreamsFile);
  const std::int64_t steps = to_integers(file.at("steps", DType::kI64, {1})).front();
  if (steps < 0) fail("{}: {} steps", file.file_name(), steps);
  return {.streams = read_streams(file), .steps = steps};
}

}  // namespace foresight
