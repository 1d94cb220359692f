// A run of the built program that is over in seconds, for tests that kill it or take its disk away.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/program_run.h"

namespace foresight {

// Small enough to be over in seconds, with everything on that a checkpoint must hold: planning,
// prioritised replay that overflows, opponents with random streams, a curriculum, evaluations.
inline constexpr const char* kSmallConfig = R"(
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

// The same with SAC: prioritised steps, n-step targets, pink noise.
inline constexpr const char* kSmallSacConfig = R"(
name = "kill"
[env]
id = "hockey"
[agent]
id = "sac"
[agent.learner]
hidden = [16, 16]
batch_size = 16
[agent.exploration]
noise_exponent = 1.0
[agent.replay]
capacity = 1500
sampling = "prioritised"
n_step = 3
[train]
steps = 8000
num_games = 4
seed_steps = 600
updates_per_step = 0.25
log_every_steps = 200
checkpoint_every_min = 0.001
threads = 1
[eval]
every_steps = 2000
parallel = 2
opponents = { weak = 2 }
[[curriculum]]
steps = 3000
opponents = { weak = 1.0, random = 1.0 }
[[curriculum]]
opponents = { strong = 1.0, none = 1.0 }
env = { reward_touch = 1.0 }
)";

// The same from stacked pictures of a toy.
inline constexpr const char* kSmallPicturesConfig = R"(
name = "kill"
[env]
id = "point_mass"
pixels = true
frame_stack = 3
max_steps = 40
[agent]
id = "tdmpc2"
[agent.model]
latent_dim = 16
encoder_channels = 1
dynamics_hidden = [16]
reward_hidden = [16]
policy_hidden = [16]
q_hidden = [16]
num_q = 2
num_bins = 11
[agent.planner]
num_samples = 16
num_elites = 4
num_policy_samples = 4
iterations = 2
[agent.learner]
batch_size = 8
[agent.replay]
capacity = 500
sampling = "prioritised"
[train]
steps = 1500
num_games = 4
seed_steps = 300
updates_per_step = 0.25
log_every_steps = 200
checkpoint_every_min = 0.001
threads = 1
[eval]
every_steps = 500
games = 2
parallel = 2
)";

// DreamerV2 on numbers of a toy, or with env.pixels=true on pictures: rewards are scaled by a
// running mean, the replay overflows.
inline constexpr const char* kSmallDreamerConfig = R"toml(
name = "small"
[env]
id = "point_mass"
max_steps = 40
[agent]
id = "dreamerv2"
[agent.model]
rssm = { hidden = 8, deter = 8, stoch = 4, classes = 4 }
encoder = { mlp = [8], cnn_depth = 1 }
decoder = { mlp = [8], cnn_depth = 1 }
reward = { hidden = [8] }
discount = { hidden = [8] }
kl = { free_nats = 0.5 }
[agent.behaviour]
horizon = 3
actor = { hidden = [8] }
critic = { hidden = [8] }
reward_norm = { momentum = 0.9 }
entropy_scale = "linear(1e-2,1e-3,500)"
[agent.replay]
capacity = 400
batch_size = 4
length = 8
min_length = 8
max_length = 8
min_episode_steps = 8
[train]
steps = 600
num_games = 4
seed_steps = 200
updates_per_step = 0.05
log_every_steps = 100
checkpoint_every_min = 0.005
threads = 1
[eval]
every_steps = 300
games = 2
parallel = 2
)toml";

struct RunLimits {
  long lifetime_us = 0;  // killed after so long; 0: not
  long file_bytes = 0;   // no file may be longer; 0: no limit
};

class SmallRun : public ScratchFolder {
 protected:
  // Starts the program and waits for it: its exit status, -1 if it was killed.
  int run(std::vector<std::string> words, const RunLimits& limits = {}) const {
    const pid_t child = start(std::move(words), limits.file_bytes);
    if (limits.lifetime_us > 0) {
      usleep(static_cast<useconds_t>(limits.lifetime_us));
      kill(child, SIGKILL);
    }
    return wait_for(child);
  }

  pid_t start(std::vector<std::string> words, long file_bytes = 0) const {
    words.insert(words.begin(), kProgram);
    const std::string said = said_file().string();
    const pid_t child = fork();
    if (child != 0) return child;
    const int log = open(said.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (file_bytes > 0) {
      const rlimit limit{static_cast<rlim_t>(file_bytes), static_cast<rlim_t>(file_bytes)};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    setenv("FORESIGHT_HOME", FORESIGHT_SOURCE_DIR, 1);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(kProgram.c_str(), arguments.data());
    _exit(127);
  }

  static int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
  }

  fs::path said_file() const { return folder_ / "said.txt"; }
  std::string said() const { return read(said_file()); }
  std::string config(const char* text = kSmallConfig) const {
    return write("small.toml", text).string();
  }

  // What must not depend on how a run was disturbed: rows of metrics without clocks, and the
  // weights.
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
    ASSERT_EQ(rows(whole).size(), rows(cut).size()) << said();
    EXPECT_TRUE(rows(whole) == rows(cut));
    for (const char* part : {"model", "best"}) {
      EXPECT_TRUE(read(whole / part / "model.safetensors") ==
                  read(cut / part / "model.safetensors"))
          << part;
    }
    EXPECT_EQ(copies(whole), copies(cut));
    for (const std::string& copy : copies(whole)) {
      EXPECT_TRUE(read(whole / "selfplay" / copy / "model.safetensors") ==
                  read(cut / "selfplay" / copy / "model.safetensors"))
          << copy;
    }
  }

  // Names of the past selves that a run met, sorted; none without self-play.
  static std::vector<std::string> copies(const fs::path& run) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(run / "selfplay", ignored)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static bool has_checkpoint(const fs::path& run) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(run / "checkpoints", ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("step_") && !name.ends_with(".unfinished")) return true;
    }
    return false;
  }
};

}  // namespace foresight
