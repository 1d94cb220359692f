// A run killed at any moment and resumed gives the same bits as one never killed. Runs the built
// program as a person would, and kills it with SIGKILL.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "io/scratch_folder.h"

namespace foresight {
namespace {

namespace fs = std::filesystem;

const std::string kProgram = FORESIGHT_BINARY_DIR "/bin/foresight";

// Small enough to be over in seconds, with everything on that a checkpoint must hold: planning,
// prioritised replay that overflows, opponents with random streams, a curriculum, evaluations.
constexpr const char* kConfig = R"(
name = "kill"
[env]
id = "hockey"
[agent]
id = "tdmpc2"
[agent.model]
latent_dim = 16
encoder_hidden = [16]
dynamics_hidden = [16]
reward_hidden = [16]
policy_hidden = [16]
q_hidden = [16]
termination_hidden = [8]
termination = "latent"
num_q = 2
num_bins = 11
dropout = 0.01
[agent.planner]
horizon = 3
num_samples = 16
num_elites = 4
num_policy_samples = 4
iterations = 2
[agent.learner]
batch_size = 16
[agent.replay]
capacity = 1500
sampling = "prioritised"
[train]
steps = 4000
num_games = 4
seed_steps = 600
updates_per_step = 0.25
plan_share = 0.5
log_every_steps = 200
checkpoint_every_min = 0.001
threads = 1
[eval]
every_steps = 1000
parallel = 2
opponents = { weak = 2 }
[[curriculum]]
steps = 1500
opponents = { weak = 1.0, random = 1.0 }
[[curriculum]]
opponents = { strong = 1.0, none = 1.0 }
env = { reward_touch = 1.0 }
)";

class KillTest : public ScratchFolder {
 protected:
  // Starts the program; with `lifetime_us` it is killed after so long. True if it ended by itself.
  bool run(std::vector<std::string> words, long lifetime_us = 0) {
    words.insert(words.begin(), kProgram);
    const pid_t child = fork();
    if (child == 0) {
      const int log = open((folder_ / "said.txt").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
      dup2(log, STDOUT_FILENO);
      dup2(log, STDERR_FILENO);
      setenv("FORESIGHT_HOME", FORESIGHT_SOURCE_DIR, 1);
      std::vector<char*> arguments;
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      execv(kProgram.c_str(), arguments.data());
      _exit(127);
    }
    if (lifetime_us > 0) {
      usleep(static_cast<useconds_t>(lifetime_us));
      kill(child, SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return false;
    EXPECT_EQ(WEXITSTATUS(status), 0) << read(folder_ / "said.txt");
    return true;
  }

  // What must not depend on kills: rows of metrics without clocks, and the weights.
  static std::vector<nlohmann::json> rows(const fs::path& run) {
    std::vector<nlohmann::json> result;
    std::ifstream in(run / "metrics.jsonl");
    for (std::string line; std::getline(in, line);) {
      auto row = nlohmann::json::parse(line);
      for (auto item = row.begin(); item != row.end();) {
        const bool is_clock = item.key() == "time_s" || item.key().starts_with("speed/");
        item = is_clock ? row.erase(item) : std::next(item);
      }
      result.push_back(row);
    }
    return result;
  }

  void expect_same(const fs::path& whole, const fs::path& cut) {
    ASSERT_EQ(rows(whole).size(), rows(cut).size()) << read(folder_ / "said.txt");
    EXPECT_TRUE(rows(whole) == rows(cut));
    for (const char* part : {"model", "best"}) {
      EXPECT_TRUE(read(whole / part / "model.safetensors") ==
                  read(cut / part / "model.safetensors"))
          << part;
    }
  }

  fs::path config() const { return write("kill.toml", kConfig); }

  // Kills the run so many times at random moments, in the middle of writing too (it writes a
  // checkpoint every 60 ms), then lets it end.
  void kill_and_compare(int num_kills) {
    const std::string file = config().string();
    const fs::path whole = folder_ / "whole";
    const fs::path cut = folder_ / "cut";
    ASSERT_TRUE(run({"train", file, "--run-dir", whole.string()}));
    Rng rng(static_cast<std::uint64_t>(getpid()), "kills");
    for (int kills = 0; kills < num_kills;) {
      const bool has_checkpoint = fs::exists(cut / "checkpoints") && has_any(cut);
      if (!has_checkpoint) fs::remove_all(cut);
      const auto words = has_checkpoint
                             ? std::vector<std::string>{"resume", cut.string()}
                             : std::vector<std::string>{"train", file, "--run-dir", cut.string()};
      if (run(words, 150'000 + static_cast<long>(rng.below(700'000)))) {
        expect_same(whole, cut);  // it came to its end between two kills: once more
        fs::remove_all(cut);
      } else {
        ++kills;
      }
    }
    if (!fs::exists(cut / "checkpoints") || !has_any(cut)) return;
    ASSERT_TRUE(run({"resume", cut.string()}));
    expect_same(whole, cut);
  }

 private:
  static bool has_any(const fs::path& run) {
    for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("step_") && !name.ends_with(".unfinished")) return true;
    }
    return false;
  }
};

TEST_F(KillTest, TwentyKillsChangeNothing) { kill_and_compare(20); }

TEST_F(KillTest, LongTwoHundredKillsChangeNothing) { kill_and_compare(200); }

TEST_F(KillTest, AStopAndAResumeChangeNothing) {
  const std::string file = config().string();
  ASSERT_TRUE(run({"train", file, "--run-dir", (folder_ / "whole").string()}));
  ASSERT_TRUE(run({"train", file, "train.steps=2000", "--run-dir", (folder_ / "cut").string()}));
  ASSERT_TRUE(run({"resume", (folder_ / "cut").string(), "train.steps=4000"}));
  expect_same(folder_ / "whole", folder_ / "cut");
  EXPECT_NE(read(folder_ / "said.txt").find("changed: train.steps: 2000 -> 4000"),
            std::string::npos);
}

TEST_F(KillTest, OneOrThreeThreadsForTheGamesChangeNothing) {
  const std::string file = config().string();
  ASSERT_TRUE(run({"train", file, "--run-dir", (folder_ / "one").string()}));
  ASSERT_TRUE(
      run({"train", file, "train.env_threads=3", "--run-dir", (folder_ / "three").string()}));
  expect_same(folder_ / "one", folder_ / "three");
}

}  // namespace
}  // namespace foresight
