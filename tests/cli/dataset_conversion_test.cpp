// The recorded chunks of the official data, through conversion and store.
#include "cli/dataset_conversion.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "cli/program_run.h"
#include "config/fields.h"
#include "env/env.h"
#include "io/safetensors.h"
#include "replay/dataset_store.h"

namespace foresight {
namespace {

// An environment of the recorded sizes.
class SmallEnv : public Env {
 public:
  struct Config {
    std::string id = "small_task";
    void visit(FieldVisitor& v) { v.field("id", id, {}, "for a test"); }
  };
  explicit SmallEnv(const Config& config) {
    spec_.id = config.id;
    spec_.observation_dim = 3;
    spec_.action_dim = 2;
    spec_.max_episode_steps = 6;
  }
  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t) override {}
  StepResult step(std::span<const float>) override { return {.truncated = true}; }
  std::span<const float> observation(int) const override { return observation_; }

 private:
  EnvSpec spec_;
  std::vector<float> observation_{0.0f, 0.0f, 0.0f};
};
FS_REGISTER_ENV("small_task", SmallEnv, "for a test");

SafetensorsFile recording() {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  const std::string fixtures = folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures";
  return SafetensorsFile::open(fixtures + "/tdmpc2/official_buffer/multi_chunks.safetensors");
}

class DatasetConversion : public ScratchFolder {
 protected:
  // The recorded chunks as files of their own; row 0 as the converter leaves it.
  std::filesystem::path chunks() const {
    const auto file = recording();
    const auto target = folder_ / "chunks";
    std::filesystem::create_directories(target);
    for (int i = 0; file.contains(fmt::format("in.chunk{}.obs", i)); ++i) {
      SafetensorsWriter writer;
      for (const char* name : {"obs", "action", "reward", "task"}) {
        const TensorView& view = file.at(fmt::format("in.chunk{}.{}", i, name));
        writer.add(name, view.dtype, view.shape, view.bytes);
      }
      writer.write(target / fmt::format("chunk_{}.safetensors", i));
    }
    return target;
  }

  // 3 observations and 1, 1 and 2 actions.
  static constexpr const char* kTasks =
      "dmcontrol/pendulum-swingup, dmcontrol/pendulum-spin, small_task";
};

TEST_F(DatasetConversion, GivesTheRecordedSlices) {
  const auto file = recording();
  const auto target = folder_ / "set";
  const ConversionResult result = convert_chunks(chunks(), target, kTasks);
  const auto& shape = file.at("in.chunk0.obs").shape;
  EXPECT_EQ(result.num_episodes, 2 * shape[0]);
  EXPECT_EQ(result.num_steps, 2 * shape[0] * (shape[1] - 1));
  DatasetFolder(target).verify();
  const DatasetStore store({target},
                           {.observation_dim = 3,
                            .action_dim = 2,
                            .tasks = {"pendulum-swingup", "pendulum-spin", "small_task"}});
  SliceBatch batch;
  for (const std::int64_t row : to_integers(file.at("in.start_rows"))) {
    batch.slices.push_back({row / shape[1], row % shape[1]});
  }
  store.gather(file.at("out.action").shape[0], batch);
  EXPECT_EQ(batch.observations, to_floats(file.at("out.obs")));
  EXPECT_EQ(batch.actions, to_floats(file.at("out.action")));
  EXPECT_EQ(batch.rewards, to_floats(file.at("out.reward")));
  EXPECT_EQ(batch.terminated, to_floats(file.at("out.terminated")));
  EXPECT_EQ(batch.tasks, to_integers(file.at("out.task")));
}

// Files as they are published: a TensorDict each, pickled by torch.save, NaN in the first rows.
constexpr const char* kWritePublished = R"(
import sys, torch
from pathlib import Path
from tensordict import TensorDict
folder = Path(sys.argv[1])
folder.mkdir()
for chunk in range(2):
    episode, row = torch.meshgrid(torch.arange(3.) + 3 * chunk, torch.arange(11.), indexing="ij")
    action, reward = (episode + row).unsqueeze(-1) / 100, row.clone()
    action[:, 0], reward[:, 0] = float("nan"), float("nan")
    data = {"obs": torch.stack((episode, row, torch.full_like(row, 0.5)), -1), "action": action,
            "reward": reward, "task": torch.full((3, 11), chunk, dtype=torch.int32)}
    torch.save(TensorDict(data, batch_size=(3, 11)), folder / f"chunk_{chunk}.pt")
)";

TEST_F(DatasetConversion, ReadsTheFilesOfTensorDict) {
  const char* python = std::getenv("FORESIGHT_BENCH_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "FORESIGHT_BENCH_PYTHON names no Python with torch";
  if (run_shell(fmt::format("'{}' -c 'import tensordict' 2>&1", python)).status != 0) {
    GTEST_SKIP() << python << " has no tensordict";
  }
  std::ofstream(folder_ / "write.py") << kWritePublished;
  const auto converted = run_shell(fmt::format(
      "cd '{0}' && '{1}' write.py published 2>&1 && '{1}' '{2}/python/convert_tdmpc2_dataset.py' "
      "published chunks --episodes 2 2>&1",
      folder_.string(), python, FORESIGHT_SOURCE_DIR));
  ASSERT_EQ(converted.status, 0) << converted.text;
  const ConversionResult result = convert_chunks(
      folder_ / "chunks", folder_ / "set", "dmcontrol/pendulum-swingup, dmcontrol/pendulum-spin");
  EXPECT_EQ(result.num_episodes, 6);
  EXPECT_EQ(result.num_steps, 60);
  DatasetFolder(folder_ / "set").verify();
  const DatasetStore store(
      {folder_ / "set"},
      {.observation_dim = 3, .action_dim = 1, .tasks = {"pendulum-swingup", "pendulum-spin"}});
  SliceBatch batch;
  for (std::int64_t episode = 0; episode < 6; ++episode) batch.slices.push_back({episode, 0});
  store.gather(10, batch);
  for (std::size_t row = 0; row <= 10; ++row) {
    for (std::size_t episode = 0; episode < 6; ++episode) {
      const auto e = static_cast<float>(episode);
      const auto r = static_cast<float>(row);
      const float* observation = batch.observations.data() + 3 * (row * 6 + episode);
      EXPECT_EQ((std::vector<float>{observation, observation + 3}),
                (std::vector<float>{e, r, 0.5f}));
      if (row == 0) continue;
      EXPECT_EQ(batch.actions[(row - 1) * 6 + episode], (e + r) / 100);
      EXPECT_EQ(batch.rewards[(row - 1) * 6 + episode], r);
    }
  }
  EXPECT_EQ(batch.tasks, (std::vector<std::int64_t>{0, 0, 0, 1, 1, 1}));
}

TEST_F(DatasetConversion, SaysWhatIsWrong) {
  const auto source = chunks();
  const auto problem = [&](const std::string& tasks) {
    return error_of([&] { convert_chunks(source, folder_ / "other", tasks); });
  };
  EXPECT_NE(problem("mt30").find("narrower than walker-stand"), std::string::npos);
  EXPECT_NE(problem("dmcontrol/pendulum-swingup").find("an episode of task 2"), std::string::npos);
  EXPECT_NE(error_of([&] {
              convert_chunks(folder_, folder_ / "none", kTasks);
            }).find("no .safetensors chunk here"),
            std::string::npos);
  EXPECT_NE(error_of([&] { convert_run(folder_, folder_ / "none"); }).find("checkpoint"),
            std::string::npos);
}

}  // namespace
}  // namespace foresight
