// Checkpoints as the Python originals wrote them: every tensor is the recorded one, the sizes are
// the recorded config's, and what is exported again is the file that was imported.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "agent/tdmpc2/checkpoint_export.h"
#include "agent/tdmpc2/checkpoint_sizes.h"
#include "agent/tdmpc2/tdmpc2_config.h"
#include "base/error.h"
#include "parity/tdmpc2/recording.h"

namespace foresight {
namespace {

struct CheckpointCase {
  const char* folder;
  const char* file;
  CheckpointLayout layout;
};

void PrintTo(const CheckpointCase& c, std::ostream* os) { *os << c.folder << "/" << c.file; }

std::string path_of(const CheckpointCase& c) {
  return fixture_folder() + "/tdmpc2/" + c.folder + "/" + c.file;
}

const std::vector<CheckpointCase> kCheckpoints{
    {"official_single", "official.pt", CheckpointLayout::kOfficial},
    {"official_single", "official_old_api.pt", CheckpointLayout::kOfficialOld},
    {"official_single", "model.safetensors", CheckpointLayout::kOfficial},
    {"official_episodic", "official.pt", CheckpointLayout::kOfficial},
    {"official_multi", "official.pt", CheckpointLayout::kOfficial},
    {"official_multi", "official_old_api.pt", CheckpointLayout::kOfficialOld},
    {"official_pixels", "official.pt", CheckpointLayout::kOfficial},
    {"hockey", "hockey.pt", CheckpointLayout::kHockey},
    {"hockey_opponent", "hockey_opponent.pt", CheckpointLayout::kHockey}};

std::string test_name(const testing::TestParamInfo<CheckpointCase>& info) {
  std::string name = std::string(info.param.folder) + "_" + info.param.file;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

Variant variant_of(const CheckpointCase& c) {
  return c.layout == CheckpointLayout::kHockey ? Variant::kHockey : Variant::kOfficial;
}

class Checkpoint : public testing::TestWithParam<CheckpointCase> {};

TEST_P(Checkpoint, HoldsTheRecordedTensors) {
  const Recording recording(GetParam().folder);
  const RecordedFile recorded(recording, "model");
  NamedTensors expected = recorded.parameters("");
  for (const auto& [theirs, ours] : {std::pair{"_task_emb.weight", "task_embedding.weight"},
                                     {"_action_masks", "action_masks"}}) {
    if (recorded.contains(theirs)) expected[ours] = recorded.at(theirs);
  }
  const auto file = CheckpointFile::open(path_of(GetParam()));
  EXPECT_EQ(file.layout(), GetParam().layout);
  if (file.layout() == CheckpointLayout::kHockey) {  // keeps no target ensemble
    std::erase_if(expected, [](const auto& entry) { return entry.first.starts_with("target_q."); });
  }
  EXPECT_EQ(file.tensors().size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    const auto found = file.tensors().find(name);
    ASSERT_NE(found, file.tensors().end()) << name;
    EXPECT_EQ(found->second.shape, tensor.sizes().vec()) << name;
    const auto values = to_floats(found->second);
    EXPECT_TRUE(torch::tensor(values).equal(tensor.flatten())) << name;
  }
}

TEST_P(Checkpoint, TellsTheSizesOfTheRecordedConfig) {
  const Recording recording(GetParam().folder);
  const auto& recorded = recording.config();
  const auto file = CheckpointFile::open(path_of(GetParam()));
  const CheckpointSizes sizes = sizes_of(file);
  EXPECT_EQ(sizes.action_dim, recorded.at("action_dim").get<std::int64_t>());
  const bool has_tasks = recorded.value("multitask", false);
  EXPECT_EQ(sizes.num_tasks, has_tasks ? std::ssize(recorded.at("tasks")) : 0);
  EXPECT_EQ(sizes.task_dim, recorded.value("task_dim", 0));
  EXPECT_EQ(sizes.num_opponents, recorded.value("num_opponents", 0));
  auto expected = model_config(recorded, variant_of(GetParam()));
  EXPECT_EQ(sizes.task_action_dims, expected.task_action_dims);
  EXPECT_EQ(sizes.image_channels, expected.image_channels);
  if (variant_of(GetParam()) == Variant::kHockey) {
    EXPECT_EQ(sizes.observation_dim, recorded.at("obs_dim").get<int>());
  } else if (sizes.image_channels == 0) {
    EXPECT_EQ(sizes.observation_dim, recorded.at("obs_shape").at("state").at(0).get<int>());
  }
  auto config = read_config<Tdmpc2Config>(agent_section(file), "agent");
  // Of the encoder that is not there nothing is told.
  if (sizes.image_channels > 0) {
    expected.encoder_hidden = config.model.encoder_hidden;
  } else {
    expected.encoder_channels = config.model.encoder_channels;
  }
  expected.num_opponents = 0;               // counted by the agent's own section
  config.model.dropout = expected.dropout;  // no file tells it
  if (expected.termination == "none") config.model.termination_hidden = expected.termination_hidden;
  EXPECT_EQ(to_toml(to_table(config.model)), to_toml(to_table(expected)));
  EXPECT_EQ(config.opponent_cloning.num_opponents(), sizes.num_opponents);
  if (variant_of(GetParam()) == Variant::kHockey) {
    EXPECT_EQ(config.planner.horizon, recorded.at("horizon").get<int>());
    EXPECT_EQ(config.planner.iterations, recorded.at("num_iterations").get<int>());
    EXPECT_EQ(config.planner.num_samples, recorded.at("num_samples").get<int>());
    EXPECT_EQ(config.discount, recorded.at("gamma").get<double>());
  }
}

// Through a model's own file: what export writes of it is read again, tensor by tensor and bit for
// bit, and has the names, shapes and types of the original.
TEST_P(Checkpoint, ExportedAgainIsTheSameFile) {
  const auto original = CheckpointFile::open(path_of(GetParam()));
  const std::string scratch = fmt::format("{}checkpoint_{}", testing::TempDir(), ::getpid());
  const std::string own = scratch + "_own.safetensors";
  SafetensorsWriter writer;
  for (const auto& [name, tensor] : original.tensors()) {
    writer.add_view(name, tensor.dtype, tensor.shape, tensor.bytes);
  }
  writer.write(own);
  for (const auto format : {CheckpointFormat::kPt, CheckpointFormat::kSafetensors}) {
    const std::string exported =
        scratch + (format == CheckpointFormat::kPt ? ".pt" : ".safetensors");
    const auto layout = export_checkpoint(SafetensorsFile::open(own), agent_section(original),
                                          {format, GetParam().layout}, exported);
    EXPECT_EQ(layout, GetParam().layout);
    const auto again = CheckpointFile::open(exported);
    ASSERT_EQ(again.tensors().size(), original.tensors().size());
    for (const auto& [name, tensor] : original.tensors()) {
      const auto found = again.tensors().find(name);
      ASSERT_NE(found, again.tensors().end()) << name;
      EXPECT_EQ(found->second.shape, tensor.shape) << name;
      EXPECT_TRUE(std::ranges::equal(found->second.bytes, tensor.bytes)) << name;
    }
    if (format == CheckpointFormat::kPt) {
      EXPECT_EQ(to_toml(agent_section(again)), to_toml(agent_section(original)));
    } else if (GetParam().layout == CheckpointLayout::kOfficial) {
      // The recording's model.safetensors is the original's state_dict.
      const auto ours = SafetensorsFile::open(exported);
      const auto theirs = SafetensorsFile::open(Recording(GetParam().folder).path("model"));
      EXPECT_EQ(ours.names(), theirs.names());
      for (const std::string& name : theirs.names()) {
        const TensorView& expected = theirs.at(name);
        EXPECT_TRUE(
            std::ranges::equal(ours.at(name, expected.dtype, expected.shape).bytes, expected.bytes))
            << name;
      }
    }
    std::filesystem::remove(exported);
  }
  std::filesystem::remove(own);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Checkpoint, testing::ValuesIn(kCheckpoints), test_name);

// torch.compile puts `_orig_mod.` in front of a module's names.
TEST(CheckpointFiles, OfACompiledNetworkIsReadLikeAnother) {
  TorchWriter plain, compiled;
  const std::vector<float> numbers(4, 1.0f);
  for (auto* writer : {&plain, &compiled}) {
    const std::string prefix = writer == &compiled ? "_orig_mod." : "";
    const auto network =
        [&](const char* name,
            const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
          writer->add_text(name);
          writer->begin_dict(TorchWriter::DictKind::kOrdered);
          for (const auto& [key, shape] : tensors) {
            std::int64_t count = 1;
            for (const auto size : shape) count *= size;
            writer->add_text(prefix + key);
            writer->add_tensor(
                {DType::kF32, shape,
                 std::as_bytes(std::span(numbers).first(static_cast<std::size_t>(count)))});
          }
          writer->end_dict();
        };
    writer->begin_dict(TorchWriter::DictKind::kPlain);
    network("encoder", {{"net.0.weight", {1, 2}}, {"net.0.bias", {1}}});
    network("dynamics", {{"net.0.weight", {1, 2}}, {"net.0.bias", {1}}});
    network("policy", {{"mean_head.weight", {1, 1}}, {"net.0.weight", {1, 1}}});
    writer->end_dict();
  }
  const auto bytes = plain.finish("a");
  const auto compiled_bytes = compiled.finish("a");
  const auto expected = CheckpointFile::from(TorchFile::parse(bytes, "a.pt"));
  const auto found = CheckpointFile::from(TorchFile::parse(compiled_bytes, "b.pt"));
  ASSERT_EQ(found.tensors().size(), 6u);
  for (const auto& [name, tensor] : expected.tensors()) {
    EXPECT_TRUE(found.tensors().contains(name)) << name;
  }
  EXPECT_EQ(sizes_of(found).observation_dim, 2);
}

// The same in front of the whole model, in a .safetensors.
TEST(CheckpointFiles, OfACompiledModelIsReadLikeAnother) {
  const std::string original = Recording("official_multi").path("model");
  const auto file = SafetensorsFile::open(original);
  SafetensorsWriter writer;
  for (const std::string& name : file.names()) {
    const TensorView& tensor = file.at(name);
    writer.add_view("_orig_mod." + name, tensor.dtype, tensor.shape, tensor.bytes);
  }
  const std::string compiled =
      fmt::format("{}compiled_{}.safetensors", testing::TempDir(), ::getpid());
  writer.write(compiled);
  const auto expected = CheckpointFile::open(original);
  const auto found = CheckpointFile::open(compiled);
  EXPECT_EQ(to_toml(agent_section(found)), to_toml(agent_section(expected)));
  ASSERT_EQ(found.tensors().size(), expected.tensors().size());
  for (const auto& [name, tensor] : expected.tensors()) {
    ASSERT_TRUE(found.has(name)) << name;
    EXPECT_TRUE(std::ranges::equal(found.at(name).bytes, tensor.bytes)) << name;
  }
  std::filesystem::remove(compiled);
}

TEST(CheckpointFiles, OfSomethingElseIsRefusedWithTheTensorThatDoesNotFit) {
  TorchWriter writer;
  const float number = 1.0f;
  writer.begin_dict(TorchWriter::DictKind::kPlain);
  writer.add_text("conv1.weight");
  writer.add_tensor({DType::kF32, {1}, std::as_bytes(std::span(&number, 1))});
  writer.end_dict();
  const auto bytes = writer.finish("resnet");
  try {
    CheckpointFile::from(TorchFile::parse(bytes, "resnet.pt"));
    FAIL();
  } catch (const Error& problem) {
    EXPECT_NE(std::string(problem.what()).find("resnet.pt: tensor \"conv1.weight\" is none of"),
              std::string::npos)
        << problem.what();
  }
}

}  // namespace
}  // namespace foresight
