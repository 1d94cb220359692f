// Runs on several ranks: the same bits again, killed, stopped, resumed, over MPI.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "cli/small_run.h"

namespace foresight {
namespace {

using Clock = std::chrono::steady_clock;

// Shorter than the runs of kill_test.cpp: with ranks every step waits for the slowest.
constexpr int kSteps = 1200;
constexpr int kSeedSteps = 200;
const std::vector<std::string> kShort{fmt::format("train.steps={}", kSteps),
                                      fmt::format("train.seed_steps={}", kSeedSteps),
                                      "train.log_every_steps=100",
                                      "train.checkpoint_every_min=0.005",
                                      "env.max_steps=40",
                                      "eval.every_steps=600",
                                      "curriculum.0.steps=500"};
const std::string kToTheEnd = kShort.front();

class RanksTest : public SmallRun {
 protected:
  std::vector<std::string> train_words(const fs::path& run,
                                       const std::vector<std::string>& overrides) const {
    std::vector<std::string> words{"train", config(), "--run-dir", run.string()};
    words.insert(words.end(), kShort.begin(), kShort.end());
    words.insert(words.end(), overrides.begin(), overrides.end());
    return words;
  }

  fs::path train(const std::string& name, const std::vector<std::string>& overrides) const {
    const fs::path folder = folder_ / name;
    EXPECT_EQ(run(train_words(folder, overrides)), 0) << said();
    return folder;
  }

  // Processes begun by `parent`, rank 1 first.
  static std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string number = entry.path().filename().string();
      if (number.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream in(entry.path() / "stat");
      std::string text;
      std::getline(in, text);
      const std::size_t end = text.rfind(')');
      if (end == std::string::npos) continue;
      if (std::stoi(text.substr(end + 4)) == parent) children.push_back(std::stoi(number));
    }
    std::ranges::sort(children);
    return children;
  }

  static bool is_alive(pid_t process) { return kill(process, 0) == 0; }

  // True once it is so; false after two minutes.
  static bool wait_until(const std::function<bool()>& is_so) {
    const auto deadline = Clock::now() + std::chrono::minutes(2);
    while (!is_so()) {
      if (Clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  struct Lost {
    int status = 0;
    double seconds = 0.0;      // from the signal to the end of the run
    std::vector<pid_t> ranks;  // 1 and up
  };
  // Begins a run on `num_ranks`, sends `signal` to one of them when there is a checkpoint, and
  // waits for rank 0 to end.
  Lost lose(const fs::path& folder, int num_ranks, int rank, int signal) const {
    const pid_t first =
        start(train_words(folder, {fmt::format("ranks={}", num_ranks), "train.steps=100000000"}));
    const bool has_begun = wait_until([&] { return has_checkpoint(folder); });
    Lost lost{.ranks = children_of(first)};
    if (!has_begun || std::ssize(lost.ranks) != num_ranks - 1) {
      ADD_FAILURE() << lost.ranks.size() << " other ranks\n" << said();
      kill(first, SIGKILL);
      wait_for(first);
      return lost;
    }
    const pid_t victim = rank == 0 ? first : lost.ranks[static_cast<std::size_t>(rank - 1)];
    const auto begin = Clock::now();
    kill(victim, signal);
    lost.status = wait_for(first);
    EXPECT_TRUE(wait_until([&] {
      return std::ranges::none_of(lost.ranks, [](pid_t other) { return is_alive(other); });
    }));
    lost.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return lost;
  }

  std::string exit_record(const fs::path& folder) const { return read(folder / "exit.json"); }
};

TEST_F(RanksTest, TwoTrainAsOneWouldAndTheSameBitsAgain) {
  const fs::path first = train("first", {"ranks=2"});
  const fs::path second = train("second", {"ranks=2"});
  expect_same(first, second);
  const auto alone = rows(train("alone", {}));
  const auto together = rows(first);
  ASSERT_EQ(together.size(), alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    for (const char* name : {"step", "train/updates", "train/phase"}) {
      EXPECT_EQ(together[i].at(name), alone[i].at(name)) << name;
    }
  }
  // Each with games of its own.
  EXPECT_NE(together.back().at("loss/total"), alone.back().at("loss/total"));
}

TEST_F(RanksTest, FourKeepOneRunFolder) {
  const fs::path folder = train("run", {"ranks=4"});
  EXPECT_TRUE(has_checkpoint(folder));
  for (int rank = 1; rank < 4; ++rank) {
    const fs::path own = folder / "ranks/split_0" / fmt::format("rank_{}", rank);
    EXPECT_TRUE(has_checkpoint(own));
    EXPECT_FALSE(fs::exists(own / "metrics.jsonl"));
    EXPECT_FALSE(fs::exists(own / "model"));
  }
  EXPECT_NE(exit_record(folder).find("done"), std::string::npos);
}

TEST_F(RanksTest, AKilledOneStopsTheOthersAndTheRunGoesOnBitForBit) {
  const fs::path whole = train("whole", {"ranks=2"});
  for (const int rank : {1, 0}) {
    const fs::path cut = folder_ / fmt::format("cut-{}", rank);
    const Lost lost = lose(cut, 2, rank, SIGKILL);
    EXPECT_LT(lost.seconds, 30.0);
    EXPECT_EQ(lost.status, rank == 0 ? -1 : 2);
    const std::string message = fmt::format("rank {} of 2 (process", rank);
    EXPECT_NE(said().find(message), std::string::npos) << said();
    EXPECT_NE(exit_record(cut).find(message), std::string::npos) << exit_record(cut);
    EXPECT_EQ(run({"resume", cut.string(), kToTheEnd}), 0) << said();
    expect_same(whole, cut);
  }
}

TEST_F(RanksTest, LongAHangingOneStopsTheOthers) {
  const Lost lost = lose(folder_ / "run", 4, 1, SIGSTOP);
  EXPECT_LT(lost.seconds, 30.0);
  EXPECT_EQ(lost.status, 2);
  EXPECT_NE(said().find("rank 1 of 4 hangs"), std::string::npos) << said();
}

TEST_F(RanksTest, ASignalToOneStopsAllAndTheRunGoesOnBitForBit) {
  const fs::path whole = train("whole", {"ranks=2"});
  const fs::path cut = folder_ / "cut";
  EXPECT_EQ(lose(cut, 2, 1, SIGTERM).status, 128 + SIGTERM);
  EXPECT_EQ(run({"resume", cut.string(), kToTheEnd}), 0) << said();
  expect_same(whole, cut);
}

TEST_F(RanksTest, GoesOnWithAnotherNumber) {
  const fs::path run_folder = train("run", {"ranks=2", "train.steps=600"});
  std::size_t num_rows = rows(run_folder).size();
  std::int64_t steps = 600;
  for (const char* ranks : {"ranks=4", "ranks=1", "ranks=2"}) {
    steps += 200;
    EXPECT_EQ(run({"resume", run_folder.string(), ranks, fmt::format("train.steps={}", steps)}), 0)
        << said();
    const auto now = rows(run_folder);
    EXPECT_GT(now.size(), num_rows);
    num_rows = now.size();
    EXPECT_EQ(now.back().at("step"), steps);
    EXPECT_EQ(now.back().at("train/updates"), (steps - kSeedSteps) / 4 + 1) << ranks;
  }
  EXPECT_NE(said().find("4 ranks instead of 2"), std::string::npos);
  EXPECT_NE(said().find("1 ranks instead of 4"), std::string::npos);
  // What no checkpoint needs any more is gone.
  EXPECT_FALSE(fs::exists(run_folder / "ranks/split_0/rank_1/checkpoints"));
  EXPECT_FALSE(fs::exists(run_folder / "checkpoints/lasting"));
  // And from there bit for bit with the same number.
  const fs::path copy = folder_ / "copy";
  fs::copy(run_folder, copy, fs::copy_options::recursive);
  EXPECT_EQ(run({"resume", run_folder.string(), "train.steps=1400"}), 0) << said();
  EXPECT_EQ(run({"resume", copy.string(), "train.steps=1300"}), 0) << said();
  EXPECT_EQ(run({"resume", copy.string(), "train.steps=1400"}), 0) << said();
  EXPECT_TRUE(read(run_folder / "model/model.safetensors") ==
              read(copy / "model/model.safetensors"));
}

TEST_F(RanksTest, SacGoesOnBitForBitAndWithAnotherNumber) {
  const auto train_sac = [&](const std::string& name, const std::string& steps) {
    auto words = train_words(folder_ / name, {"ranks=2", steps});
    words[1] = config(kSmallSacConfig);
    EXPECT_EQ(run(words), 0) << said();
    return folder_ / name;
  };
  const fs::path whole = train_sac("whole", kToTheEnd);
  const fs::path cut = train_sac("cut", "train.steps=600");
  EXPECT_EQ(run({"resume", cut.string(), kToTheEnd}), 0) << said();
  expect_same(whole, cut);
  EXPECT_EQ(run({"resume", cut.string(), "ranks=1", "train.steps=1400"}), 0) << said();
  EXPECT_NE(said().find("1 ranks instead of 2"), std::string::npos) << said();
  EXPECT_EQ(rows(cut).back().at("step"), 1400);
}

TEST_F(RanksTest, DreamerGoesOnBitForBitAndWithAnotherNumberUnlessItSeesPictures) {
  for (const char* pixels : {"env.pixels=false", "env.pixels=true"}) {
    const bool has_pictures = std::string(pixels) == "env.pixels=true";
    const auto train_dreamer = [&](const std::string& name, const std::string& steps) {
      const fs::path run_folder = folder_ / (name + pixels);
      EXPECT_EQ(run({"train", config(kSmallDreamerConfig), "--run-dir", run_folder.string(),
                     "ranks=2", pixels, steps}),
                0)
          << said();
      return run_folder;
    };
    const fs::path whole = train_dreamer("whole", "train.steps=600");
    const fs::path cut = train_dreamer("cut", "train.steps=300");
    EXPECT_EQ(run({"resume", cut.string(), "train.steps=600"}), 0) << said();
    expect_same(whole, cut);
    const int status = run({"resume", cut.string(), "ranks=4", "train.steps=700"});
    EXPECT_EQ(status, has_pictures ? 2 : 0) << said();
    EXPECT_EQ(rows(cut).back().at("step"), has_pictures ? 600 : 700);
    const std::string part =
        has_pictures ? "the pictures of 2 ranks are not shared out anew" : "4 ranks instead of 2";
    EXPECT_NE(said().find(part), std::string::npos) << said();
  }
}

TEST_F(RanksTest, GoesOnWithUpdatesThatOverlapAndWithSelfplay) {
  const std::vector<std::string> overrides{
      "ranks=2", "train.overlap=true", "selfplay.begin_episode=8", "selfplay.copy_every_episodes=4",
      "curriculum.1.opponents.self=4"};
  const fs::path whole = train("whole", overrides);
  auto shorter = overrides;
  shorter.emplace_back("train.steps=600");  // where an evaluation is due
  const fs::path cut = train("cut", shorter);
  EXPECT_EQ(run({"resume", cut.string(), kToTheEnd}), 0) << said();
  expect_same(whole, cut);
}

TEST_F(RanksTest, WhatCannotBeSharedOutIsRefused) {
  const auto refuse = [&](const std::string& words, const std::string& part) {
    EXPECT_EQ(run({"train", config(), words, "ranks=3", "--run-dir", (folder_ / "x").string()}), 2);
    EXPECT_NE(said().find(part), std::string::npos) << said();
    EXPECT_FALSE(fs::exists(folder_ / "x"));
  };
  refuse("train.num_games=4", "train.num_games = 4 cannot be shared out over ranks = 3");
  refuse("train.num_games=3", "agent.learner.batch_size = 16 cannot be shared out over ranks = 3");
}

// As under mpirun, which says in the environment how many it has started.
TEST_F(RanksTest, AnotherNumberThanWasStartedIsRefused) {
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  setenv("OMPI_COMM_WORLD_RANK", "0", 1);
  const int status = run({"train", config(), "ranks=4", "--run-dir", (folder_ / "x").string()});
  unsetenv("OMPI_COMM_WORLD_SIZE");
  unsetenv("OMPI_COMM_WORLD_RANK");
  EXPECT_EQ(status, 2);
  EXPECT_NE(said().find("ranks = 4, but mpirun started 2 processes"), std::string::npos) << said();
  EXPECT_FALSE(fs::exists(folder_ / "x"));
}

class MpiTest : public RanksTest {
 protected:
  void SetUp() override {
    RanksTest::SetUp();
    if (run_shell("mpirun --version 2>/dev/null").status != 0) GTEST_SKIP() << "no mpirun here";
    if (!fs::exists(FORESIGHT_BINARY_DIR "/src/libforesight_mpi.so")) {
      GTEST_SKIP() << "built without MPI";
    }
  }

  // As root, more ranks than cores, no network.
  ProgramOutcome mpirun(int num_ranks, const std::string& words) const {
    return run_shell(fmt::format(
        "FORESIGHT_HOME='{}' mpirun --allow-run-as-root --oversubscribe --bind-to none "
        "--mca btl self,vader --mca btl_vader_single_copy_mechanism none -n {} '{}' {} 2>&1",
        FORESIGHT_SOURCE_DIR, num_ranks, kProgram, words));
  }
};

TEST_F(MpiTest, RanksOfMpirunGiveTheBitsOfRanksThatShareMemory) {
  const fs::path local = train("local", {"ranks=2"});
  const fs::path folder = folder_ / "mpi";
  const auto outcome = mpirun(2, fmt::format("train {} ranks=2 {} --run-dir {}", config(),
                                             fmt::join(kShort, " "), folder.string()));
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  expect_same(local, folder);
}

TEST_F(MpiTest, AKilledRankOfMpirunStopsTheOthersAndTheRunGoesOn) {
  const fs::path whole = train("whole", {"ranks=2"});
  const fs::path folder = folder_ / "mpi";
  ProgramOutcome outcome;
  std::thread launcher([&] {
    outcome = mpirun(2, fmt::format("train {} ranks=2 {} train.steps=100000000 --run-dir {}",
                                    config(), fmt::join(kShort, " "), folder.string()));
  });
  EXPECT_TRUE(wait_until([&] { return has_checkpoint(folder); }));
  const auto begin = Clock::now();
  const auto found =
      run_shell(fmt::format("pgrep -f -- 'foresight train .*--run-dir {}$'", folder.string()));
  std::vector<pid_t> ranks;
  std::istringstream lines(found.text);
  for (pid_t process; lines >> process;) {
    std::ifstream in(fmt::format("/proc/{}/comm", process));
    std::string name;
    if (std::getline(in, name) && name == "foresight") ranks.push_back(process);
  }
  EXPECT_EQ(ranks.size(), 2u) << found.text;
  if (!ranks.empty()) kill(ranks.back(), SIGKILL);
  launcher.join();
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - begin).count(), 30.0);
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.text.find("signal 9"), std::string::npos) << outcome.text;
  EXPECT_EQ(run({"resume", folder.string(), kToTheEnd}), 0) << said();
  expect_same(whole, folder);
}

}  // namespace
}  // namespace foresight
