// Runs the built program as a person would.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/program_run.h"

namespace foresight {
namespace {

using CommandLineTest = ProgramRun;

TEST_F(CommandLineTest, HelpListsEveryWordWithAnExample) {
  const ProgramOutcome outcome = run("help");
  EXPECT_EQ(outcome.status, 0);
  for (const char* word : {"train", "eval", "list", "describe", "check", "resume", "version"}) {
    EXPECT_NE(outcome.text.find(fmt::format("\n  {} ", word)), std::string::npos) << word;
    EXPECT_NE(outcome.text.find(fmt::format("  foresight {}",
                                            word == std::string("version") ? "--version" : word)),
              std::string::npos)
        << word;
  }
  expect("help train", 0, "foresight train hockey/quick");
  expect("train --help", 0, "--run-dir");
  expect("", 0, "usage: foresight WORD");
}

TEST_F(CommandLineTest, VersionTellsVersionCommitAndProcessor) {
  expect("--version", 0, "commit ");
  expect("version", 0, "CPU features: ");
}

TEST_F(CommandLineTest, UnknownWordsAndOptionsSuggestTheNearestAndExitWithTwo) {
  expect("trian hockey/quick", 2, "did you mean \"train\"?");
  expect("help evla", 2, "did you mean \"eval\"?");
  expect("train toy/random --run-dri x", 2, "did you mean \"--run-dir\"?");
  expect("train", 2, "CONFIG is required");
  expect("list confgs", 2, "did you mean \"configs\"?");
  expect("eval no-such-model", 2, "neither a run nor a model");
}

TEST_F(CommandLineTest, BadKeysNameTheirPlaceAndExitWithTwo) {
  expect("check toy/random train.stepz=5", 2, "did you mean \"train.steps\"?");
  expect("train toy/randm", 2, "did you mean \"toy/random\"?");
  expect("train toy/random env.num_steps=none", 2, "env.num_steps: expected an integer");
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

TEST_F(CommandLineTest, ListAndCheckKnowTheShippedConfigs) {
  expect("list configs", 0, "toy/random");
  expect("check toy/random", 0, "fine");
  expect("check toy/random", 0, "steps/s");
  expect("check toy/random --no-trial", 0, "fine");
  EXPECT_GT(nlohmann::json::parse(run("check toy/random --json").text).at("env_steps_per_s"), 0.0);
  expect("check toy/random --print", 0, "[train]");
  const auto json = nlohmann::json::parse(run("list --json").text);
  EXPECT_EQ(json.at("opponents").size(), 4u);
  EXPECT_FALSE(json.at("envs").empty());
  EXPECT_TRUE(json.at("runs").empty());
}

TEST_F(CommandLineTest, DescribesAnAgent) { expect("describe hockey/random", 0, "trainable"); }

TEST_F(CommandLineTest, TrainsEvaluatesListsAndGoesOn) {
  expect("train toy/random --note \"a test\"", 0, "done after 2000 steps");
  expect("list runs", 0, "random on countdown, 2000 steps");
  expect("list runs", 0, "note: a test");
  expect("note last \"it learns nothing\"", 0, "it learns nothing");
  expect("note last \"as it should\"", 0, "as it should");
  expect("note last", 0, "it learns nothing");
  expect("list runs", 0, "verdict: as it should");
  expect("eval last --games 5", 0, "5 episodes: mean return");
  const auto json = nlohmann::json::parse(run("eval last --games 7 --seed 3 --json").text);
  EXPECT_EQ(json.at("games"), 7);
  EXPECT_EQ(json.at("mean_length"), 5);
  expect("resume last", 0, "resumed at step 2000 of 2000");
  expect("eval last env.num_steps=3 --games 2", 0, "mean length 3 steps");
  expect("eval last train.steps=3", 2, "env.* and agent.* only");
}

TEST_F(CommandLineTest, EvaluatesAgainstBotsAndModels) {
  expect("train hockey/random train.steps=2000 eval.opponents.weak=2 eval.opponents.strong=2", 0,
         "done");
  expect("eval last --opponent strong --games 3", 0, "strong: ");
  expect("eval last --games 2 --profile trace.json", 0, "trace: trace.json");
  expect("eval last --opponent last:policy --games 3", 0, " of 3 won");
  expect("eval last --opponent stron", 2, "did you mean \"strong\"?");
}

TEST_F(CommandLineTest, TimesPlansAndUpdates) {
  const auto csv = folder_ / "times.csv";
  for (const std::string what : {"plan", "update", "hockey", "replay"}) {
    const auto result = nlohmann::json::parse(
        run(fmt::format("bench {} --preset official-5m --precision fp32 --rounds 1 --threads 1 "
                        "--json --csv {}",
                        what, csv.string()))
            .text);
    // The replay is timed at two sizes.
    ASSERT_EQ(result.at("rows").size(), what == "replay" ? 2u : 1u);
    EXPECT_EQ(result.at("rows")[0].at("what"), what);
    EXPECT_GT(result.at("rows")[0].at("contenders")[0].at("ms"), 0.0);
  }
  const std::string lines = read(csv);
  EXPECT_EQ(std::ranges::count(lines, '\n'),
            10);  // a header, then a line each; three rules of the replay, at two sizes
  expect("bench plan --preset official-5m --hz 5 --seconds 1 --threads 1", 0, "iterations a plan");
  expect("bench plan --preset offical-5m", 2, "did you mean \"official-5m\"?");
}

// Starts the program, sends a signal once it trains, and returns its status.
int status_after_signal(const fs::path& folder, int signal) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    fs::current_path(folder);
    setenv("FORESIGHT_HOME", FORESIGHT_SOURCE_DIR, 1);
    execl(kProgram.c_str(), "foresight", "train", "toy/random", "train.steps=1e12",
          "eval.every_steps=0", "train.report_every_s=0.05", nullptr);
    _exit(99);
  }
  close(ends[1]);
  std::string said;
  std::array<char, 256> buffer{};
  bool is_sent = false;
  for (ssize_t size; (size = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    said.append(buffer.data(), size);
    if (is_sent || said.find("steps/s") == std::string::npos) continue;
    kill(child, signal);
    is_sent = true;
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_NE(said.find("go on with: foresight resume"), std::string::npos) << said;
  return WEXITSTATUS(status);
}

TEST_F(CommandLineTest, SignalsSaveARunThatCanGoOn) {
  EXPECT_EQ(status_after_signal(folder_, SIGTERM), 128 + SIGTERM);
  const auto run = fs::directory_iterator(folder_ / "runs")->path();
  EXPECT_TRUE(fs::exists(fs::directory_iterator(run / "checkpoints")->path() / "loop.json"));
  expect("eval last --games 2", 0, "2 episodes");
  EXPECT_EQ(status_after_signal(folder_, SIGINT), 128 + SIGINT);
}

}  // namespace
}  // namespace foresight
