// `foresight import` of the original's checkpoints, then the agent of the model folder: it values
// sequences of actions as the original did, each task with its own embedding, mask and discount.
#include "agent/model_card.h"
#include "agent/tdmpc2/tdmpc2_agent.h"
#include "cli/command.h"
#include "cli/model_env.h"
#include "env/env.h"
#include "io/scratch_folder.h"
#include "nn/pixel_encoder.h"
#include "parity/tdmpc2/recording.h"

namespace foresight {
namespace {

constexpr double kValueTolerance = 2e-5;  // symexp amplifies the rounding of a head
constexpr double kEncodeTolerance = 5e-6;

// The recorded tasks have no environments: these have their sizes and the lengths of their
// episodes, which the discounts come from.
template <int kObservations, int kActions, int kSteps>
class RecordedTask : public Env {
 public:
  struct Config {
    std::string id;
    void visit(FieldVisitor& v) { v.field("id", id, {}, "for a test"); }
  };
  explicit RecordedTask(const Config& config) {
    spec_.id = config.id;
    spec_.observation_dim = kObservations;
    spec_.action_dim = kActions;
    spec_.max_episode_steps = kSteps;
  }
  const EnvSpec& spec() const override { return spec_; }
  void reset(std::uint64_t) override {}
  StepResult step(std::span<const float>) override { return {.truncated = true}; }
  std::span<const float> observation(int) const override { return observation_; }

 private:
  EnvSpec spec_;
  std::array<float, kObservations> observation_{};
};
using TaskA = RecordedTask<7, 3, 500>;
using TaskB = RecordedTask<5, 2, 100>;
using TaskC = RecordedTask<4, 1, 1000>;
FS_REGISTER_ENV("recorded_a", TaskA, "for a test");
FS_REGISTER_ENV("recorded_b", TaskB, "for a test");
FS_REGISTER_ENV("recorded_c", TaskC, "for a test");

class ImportedAgent : public ScratchFolder {
 protected:
  // The agent of what the words import.
  std::unique_ptr<Agent> imported(const std::string& file, std::vector<std::string> options) const {
    const auto folder = folder_ / "model";
    std::filesystem::remove_all(folder);
    // A file of the recordings, or another one.
    const bool is_recorded = !std::filesystem::path(file).is_absolute();
    std::vector<std::string> words{"import",
                                   is_recorded ? fixture_folder() + "/tdmpc2/" + file : file,
                                   "--output", folder.string()};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(run_command_line(words), 0);
    const ModelCard card = read_model_card(folder);
    return load_agent(folder, card, described_env(card));
  }

  static void expect_recorded_values(const Recording& recording, const std::string& name,
                                     LatentModel& scorer) {
    const RecordedFile file(recording, name);
    const auto actions = file.at("in.actions").unsqueeze(2);  // [H, N, 1, A]
    scorer.begin(file.at("in.z"), actions.narrow(2, 0, 0));
    const auto value = scorer.score(
        actions, {.policy_eps = file.at("in.pi_eps").unsqueeze(1), .q_pair = file.at("in.qidx")});
    expect_close(value, file.at("out.value"), kValueTolerance, name);
  }
};

TEST_F(ImportedAgent, OfOneTaskGivesTheRecordedValues) {
  const Recording recording("official_single");
  for (const char* file : {"official.pt", "official_old_api.pt"}) {
    const auto agent = imported(std::string("official_single/") + file, {"--task", "recorded_a"});
    auto& tdmpc2 = dynamic_cast<Tdmpc2Agent&>(*agent);
    EXPECT_DOUBLE_EQ(tdmpc2.discount(), recording.discount());
    expect_recorded_values(recording, "estimate_value", tdmpc2.scorer());
  }
}

TEST_F(ImportedAgent, OfSeveralTasksGivesTheRecordedValuesOfEach) {
  const Recording recording("official_multi");
  for (const char* file : {"official.pt", "official_old_api.pt"}) {
    const auto agent = imported(std::string("official_multi/") + file,
                                {"--tasks", "recorded_a, recorded_b, recorded_c"});
    auto& tdmpc2 = dynamic_cast<Tdmpc2Agent&>(*agent);
    for (std::int64_t task = 0; task < 3; ++task) {
      expect_recorded_values(recording, fmt::format("estimate_value_task{}", task),
                             tdmpc2.scorer(task));
    }
  }
}

// Then they come from the tasks, which must be named.
TEST_F(ImportedAgent, OfAFileWithoutActionMasksHasThemAllTheSame) {
  const Recording recording("official_multi");
  const auto original = SafetensorsFile::open(recording.path("model"));
  SafetensorsWriter writer;
  for (const std::string& name : original.names()) {
    const TensorView& tensor = original.at(name);
    if (name != "_action_masks") writer.add_view(name, tensor.dtype, tensor.shape, tensor.bytes);
  }
  const std::string file = (folder_ / "maskless.safetensors").string();
  writer.write(file);
  const auto problem = error_of([&] { imported(file, {}); });
  EXPECT_NE(problem.find("does not tell their actions"), std::string::npos) << problem;
  const auto agent = imported(file, {"--tasks", "recorded_a, recorded_b, recorded_c"});
  for (std::int64_t task = 0; task < 3; ++task) {
    expect_recorded_values(recording, fmt::format("estimate_value_task{}", task),
                           dynamic_cast<Tdmpc2Agent&>(*agent).scorer(task));
  }
  const auto masks =
      to_floats(SafetensorsFile::open(folder_ / "model" / "model.safetensors").at("action_masks"));
  EXPECT_EQ(masks, (std::vector<float>{1, 1, 1, 1, 1, 0, 1, 0, 0}));
}

TEST_F(ImportedAgent, ThatSeesPicturesEncodesThemAsRecorded) {
  const Recording recording("official_pixels");
  const RecordedFile file(recording, "encode");
  const auto agent = imported("official_pixels/official.pt", {});
  const auto& model = dynamic_cast<Tdmpc2Agent&>(*agent).model();
  expect_close(model.encode(shift_images(file.at("in.image"), file.at("in.encode_shift"))),
               file.at("out.encode"), kEncodeTolerance, "encode");
}

TEST_F(ImportedAgent, TasksInAnotherOrderAreRefused) {
  const auto problem = [&](const std::string& tasks) {
    return error_of([&] { imported("official_multi/official.pt", {"--tasks", tasks}); });
  };
  EXPECT_NE(problem("recorded_b, recorded_a, recorded_c")
                .find("its task 0 has 3 actions, but recorded_b has 2"),
            std::string::npos);
  EXPECT_NE(problem("recorded_a, recorded_b").find("a model of 3 tasks, but 2 are named"),
            std::string::npos);
  EXPECT_NE(problem("mt30").find("a model of 3 tasks, but 30 are named"), std::string::npos);
  const auto as_one =
      error_of([&] { imported("official_multi/official.pt", {"--task", "recorded_a"}); });
  EXPECT_NE(as_one.find("--tasks says which they are"), std::string::npos) << as_one;
  const auto as_many =
      error_of([&] { imported("official_single/official.pt", {"--tasks", "recorded_a"}); });
  EXPECT_NE(as_many.find("a model of one task"), std::string::npos) << as_many;
}

}  // namespace
}  // namespace foresight
