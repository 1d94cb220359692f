// foresight import and export, as a person would use them.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "agent/model_card.h"
#include "cli/program_run.h"
#include "env/env.h"
#include "io/safetensors.h"

namespace foresight {
namespace {

std::string fixtures() {
  const char* folder = std::getenv("FORESIGHT_FIXTURES");
  return (folder != nullptr ? folder : FORESIGHT_SOURCE_DIR "/tests/fixtures") +
         std::string("/tdmpc2/");
}

class CheckpointWords : public ProgramRun {
 protected:
  // A small agent for walker-walk, as training would leave it.
  void make_walker() const { make_model("walker", "id = \"dmcontrol/walker-walk\""); }

  // One for two tasks of different sizes.
  void make_multitask() const {
    make_model("pair",
               "id = \"multitask\"\ntasks = \"dmcontrol/pendulum-swingup, dmcontrol/cup-catch\"\n"
               "task = \"\"");
  }

  void make_model(const std::string& name, const std::string& env) const {
    const Table sections = parse_toml("[env]\n" + env + R"(
[agent]
id = "tdmpc2"
[agent.model]
latent_dim = 16
encoder_hidden = [16]
dynamics_hidden = [16, 16]
reward_hidden = [16, 16]
policy_hidden = [16, 16]
q_hidden = [16, 16]
num_q = 2
num_bins = 11
[agent.planner]
num_samples = 16
num_elites = 4
num_policy_samples = 4
iterations = 2
)",
                                      "test");
    ModelCard card{.name = name};
    card.env = std::get<Table>(sections.find("env")->data);
    card.agent = std::get<Table>(sections.find("agent")->data);
    const auto agent = make_agent(card.agent, make_env(card.env)->spec(), 1);
    fs::create_directories(folder_ / name);
    agent->save_model(folder_ / name);
    write_model_card(folder_ / name, card);
  }

  // Both model folders hold the same tensors, bit for bit.
  void expect_same_tensors(const std::string& a, const std::string& b) const {
    const auto first = SafetensorsFile::open(folder_ / a / "model.safetensors");
    const auto second = SafetensorsFile::open(folder_ / b / "model.safetensors");
    ASSERT_EQ(first.names(), second.names());
    for (const std::string& name : first.names()) {
      const TensorView& tensor = first.at(name);
      EXPECT_TRUE(
          std::ranges::equal(tensor.bytes, second.at(name, tensor.dtype, tensor.shape).bytes))
          << name;
    }
  }
};

TEST_F(CheckpointWords, AnExportedModelIsImportedAgainBitForBitAndPlays) {
  make_walker();
  const std::string planner =
      " agent.planner.num_samples=16 agent.planner.num_elites=4"
      " agent.planner.num_policy_samples=4 agent.planner.iterations=2";
  for (const std::string layout : {"official", "official-old"}) {
    expect("export walker --layout " + layout + " --output " + layout + ".pt", 0, layout);
    expect("import " + layout + ".pt --task walker-walk --output " + layout + planner, 0,
           "24 observations, 6 actions");
    expect_same_tensors("walker", layout);
  }
  expect("export walker --format safetensors", 0, "walker.safetensors");
  expect("import walker.safetensors --name again" + planner, 0, "-> imported/again");
  expect_same_tensors("walker", "imported/again");

  expect("eval official --games 1 --policy-only", 0, "with its policy alone");
  // Imported without a task: it is said at the time.
  expect("eval imported/again --games 1 --policy-only", 2, "say which to play with --env");
  const std::string words = " --games 1 --env dmcontrol/walker-walk env.max_steps=3 --json";
  const auto with_task = run("eval official" + words);
  const auto without = run("eval imported/again" + words);
  ASSERT_EQ(with_task.status, 0) << with_task.text;
  ASSERT_EQ(without.status, 0) << without.text;
  EXPECT_EQ(nlohmann::json::parse(with_task.text).at("mean_return"),
            nlohmann::json::parse(without.text).at("mean_return"));
  expect("describe imported/again", 0, "Linear 24 -> 16");
}

TEST_F(CheckpointWords, TheOriginalsFilesAreImported) {
  expect("import " + fixtures() + "official_single/official.pt --output single", 0,
         "official layout, 7 observations, 3 actions");
  expect("describe single", 0, "Linear 7 -> 16");
  expect("import " + fixtures() + "official_pixels/official.pt --output seer", 0,
         "pictures of 9 channels, 3 actions");
  expect("describe seer", 0, "Conv 9 -> 2");
  expect("eval seer --games 1", 2, "pictures of 9 channels, 3 actions are needed");
  expect("import " + fixtures() + "hockey/hockey.pt --output rival", 0, "hockey layout");
  expect("eval rival --opponent weak --games 2 --policy-only", 0, "rival");
  expect("import " + fixtures() + "hockey_opponent/hockey_opponent.pt --output aware", 0,
         "18 observations, 4 actions");
  expect("describe aware", 0, "opponent 2");
}

TEST_F(CheckpointWords, AModelOfSeveralTasksIsImportedAndExportedAgain) {
  const std::string planner =
      " agent.planner.num_samples=16 agent.planner.num_elites=4"
      " agent.planner.num_policy_samples=4 agent.planner.iterations=2";
  const std::string original = fixtures() + "official_multi/official.pt";
  // Which tasks these are is not in the file; without a word there are sizes only.
  expect("import " + original + " --output unnamed", 0, "3 tasks, 7 observations, 3 actions");
  expect("describe unnamed --tasks", 0, "task2");
  expect("eval unnamed", 2, "import it again and say with --tasks");
  expect("export unnamed --format safetensors --output again.safetensors", 0, "official layout");
  expect("import again.safetensors --output again", 0, "3 tasks");
  expect_same_tensors("unnamed", "again");
  expect("import " + original + " --tasks mt30", 2, "a model of 3 tasks, but 30 are named");
  // One of this program's own, whose tasks are played.
  make_multitask();
  expect("export pair --layout official-old --output pair.pt", 0, "official-old");
  const std::string tasks = "\"dmcontrol/pendulum-swingup, dmcontrol/cup-catch\"";
  expect("import pair.pt --output twin --tasks " + tasks + planner, 0, "2 tasks, 8 observations");
  expect_same_tensors("pair", "twin");
  const std::string words = " --games 1 --env dmcontrol/cup-catch --json";
  const auto own = run("eval pair" + words);
  const auto theirs = run("eval twin" + words);
  ASSERT_EQ(own.status, 0) << own.text;
  ASSERT_EQ(theirs.status, 0) << theirs.text;
  EXPECT_EQ(nlohmann::json::parse(own.text).at("mean_return"),
            nlohmann::json::parse(theirs.text).at("mean_return"));
}

TEST_F(CheckpointWords, MistakesAreToldAndLeaveNothing) {
  const std::string single = fixtures() + "official_single/official.pt";
  expect("import nothing.pt", 2, "nothing.pt");
  expect("import " + single + " --task walker-walk", 2,
         "reads 7 observations and gives 3 actions, but dmcontrol/walker-walk has 24 and 6");
  expect("import " + single + " --task wolker-walk", 2, "walker-walk");
  expect("import " + single + " agent.planner.horizn=3", 2, "horizon");
  std::ofstream(folder_ / "text.pt") << "no archive";
  expect("import text.pt", 2, "not a zip archive");
  EXPECT_FALSE(fs::exists(folder_ / "imported" / "official"));
  make_walker();
  expect("export walker --format onnx", 2, "pt or safetensors");
  expect("export walker --layout hockey", 2, "official layout");
  expect("export walker", 0, "walker.pt");
  expect("export walker", 2, "there already");
  expect("import walker.pt --output walker", 2, "there already");
}

// With a Python that has torch: the file is read with weights_only, and its keys, shapes and types
// are those of the original's own checkpoint.
TEST_F(CheckpointWords, PyTorchReadsWhatIsExported) {
  const char* python = std::getenv("FORESIGHT_BENCH_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "FORESIGHT_BENCH_PYTHON names no Python with torch";
  const std::pair<const char*, const char*> originals[] = {
      {"official_single/official.pt", "official"},
      {"official_single/official_old_api.pt", "official-old"},
      {"official_episodic/official.pt", "official"},
      {"official_pixels/official.pt", "official"},
      {"official_multi/official.pt", "official"},
      {"official_multi/official_old_api.pt", "official-old"}};
  std::ofstream(folder_ / "compare.py") << R"(
import sys, torch
theirs, ours = (torch.load(f, weights_only=True) for f in sys.argv[1:])
assert list(theirs) == list(ours) == ["model"], (list(theirs), list(ours))
theirs, ours = theirs["model"], ours["model"]
assert type(theirs) is type(ours), type(ours)
assert list(theirs) == list(ours), set(theirs) ^ set(ours)
for key, value in theirs.items():
    other = ours[key]
    assert type(value) is type(other), (key, type(other))
    if not torch.is_tensor(value):
        assert value == other, key
        continue
    assert value.dtype == other.dtype and value.shape == other.shape, key
    assert value.stride() == other.stride() and torch.equal(value, other), key
print("equal:", len(theirs))
)";
  int number = 0;
  for (const auto& [original, layout] : originals) {
    const std::string name = "m" + std::to_string(number++);
    expect("import " + fixtures() + original + " --output " + name, 0, "parameters");
    expect("export " + name + " --layout " + layout + " --output " + name + ".pt", 0, name);
    const auto outcome =
        run_shell(fmt::format("cd '{}' && '{}' compare.py '{}' {}.pt 2>&1", folder_.string(),
                              python, fixtures() + original, name));
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_NE(outcome.text.find("equal:"), std::string::npos) << outcome.text;
  }
}

}  // namespace
}  // namespace foresight
